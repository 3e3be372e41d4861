# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a bundle: hashes, model shapes, test vectors, the contract of effects, latency, speed."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.effects.base import Effect
from ddsp_fx.errors import BundleError, DdspFxError
from ddsp_fx.inference.control_model import ControlModel
from ddsp_fx.inference.litert import load_runner

RATE_HZ = 48000
# Block sizes that share no factor with a hop of 960 or with each other.
ODD_BLOCKS = (1, 137, 4096, 611)
SPLIT_TOLERANCE = 1e-6
SECONDS = 2.0
MOST_VECTOR_BYTES = 64 << 20


@dataclass(frozen=True)
class Check:
    """One check and its result."""

    name: str
    passed: bool
    detail: str


@dataclass
class ValidationReport:
    """All checks of one bundle."""

    label: str
    checks: list[Check] = field(default_factory=list)

    @classmethod
    def broken(cls, label: str, reason: str) -> ValidationReport:
        """The report on a bundle that could not be opened."""
        return cls(label, [Check("manifest", False, reason)])

    @property
    def passed(self) -> bool:
        """True when nothing failed."""
        return all(check.passed for check in self.checks)

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"bundle": self.label, "passed": self.passed, "checks": [asdict(check) for check in self.checks]}

    def run(self, name: str, check: Callable[[], str]) -> None:
        """Record a check that returns its detail or raises a DdspFxError with the reason."""
        try:
            self.checks.append(Check(name, True, check()))
        except DdspFxError as error:
            self.checks.append(Check(name, False, str(error)))
        # Unforeseen damage, or an error in another package's kind, fails this check only; the others still run.
        except Exception as error:
            self.checks.append(Check(name, False, f"{type(error).__name__}: {error}"))


def validate_bundle(bundle: Bundle) -> ValidationReport:
    """Run every check that applies to this bundle."""
    manifest = bundle.manifest
    report = ValidationReport(f"{manifest.id} {manifest.version} ({bundle.folder})")
    report.checks.append(Check("manifest", True, f"{len(manifest.effects)} effects, {len(manifest.files)} files"))
    for key in manifest.files:
        report.run(f"file {key}", lambda key=key: _size_text(bundle.file(key)))  # type: ignore[misc]
    if manifest.test_vectors:
        report.run("test vectors", lambda: _check_vectors(bundle))
    for entry in manifest.effects:
        for preset in (None, *entry.presets):
            name = entry.symbol if preset is None else f"{entry.symbol} preset {preset}"
            report.run(name, lambda e=entry, p=preset: _check_effect(bundle.make(e.symbol, p)))  # type: ignore[misc]
    return report


def _size_text(path: Path) -> str:
    return f"{path.name}, {path.stat().st_size / 1024:.0f} KiB, hash matches"


def _check_vectors(bundle: Bundle) -> str:
    vectors = bundle.manifest.test_vectors
    assert vectors is not None
    try:
        arrays = _read_vectors(bundle.file(vectors.file))
        f0, level = arrays["f0_scaled"].reshape(-1), arrays["level_scaled"].reshape(-1)
        expected = [arrays["amplitude"], arrays["harmonic_distribution"], arrays["noise_magnitudes"]]
    # zipfile and numpy raise a dozen kinds for damaged bytes.
    except Exception as error:
        raise BundleError(f"test vectors cannot be read: {error or type(error).__name__}") from None
    model = ControlModel(load_runner(bundle.file(vectors.model)))
    worst = 0.0
    for k in range(f0.shape[0]):
        out = model.step(float(f0[k]) * 127.0, (float(level[k]) - 1.0) * 80.0)
        got = [np.array([out.amplitude]), out.harmonic_distribution, out.noise_magnitudes]
        worst = max(worst, *(float(np.abs(g - e[k].ravel()).max()) for g, e in zip(got, expected, strict=True)))
    if not worst <= vectors.tolerance:
        raise BundleError(f"the model is {worst:.2e} off its test vectors; the tolerance is {vectors.tolerance:.0e}")
    return f"{f0.shape[0]} frames, worst difference {worst:.1e} (tolerance {vectors.tolerance:.0e})"


def _read_vectors(path: Path) -> dict[str, NDArray[np.float32]]:
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > MOST_VECTOR_BYTES:
        raise BundleError(f"{path.name} unpacks to {size >> 20} MiB; the limit is {MOST_VECTOR_BYTES >> 20} MiB")
    with np.load(path, allow_pickle=False) as data:
        return {name: data[name] for name in data.files}


def _check_effect(effect: Effect) -> str:
    """Check the contract on a test sound (length, finiteness, block sizes, silence, latency), and measure the speed."""
    audio = _test_sound()
    # The first call may compile kernels for seconds, which must not count as the effect's speed.
    effect.render(audio[:, : audio.shape[1] // 8], RATE_HZ)
    started = time.perf_counter()
    whole = effect.render(audio, RATE_HZ)
    factor = whole.shape[1] / RATE_HZ / (time.perf_counter() - started)
    if whole.shape[1] != audio.shape[1] + effect.tail_samples:
        raise BundleError(f"returned {whole.shape[1]} samples for {audio.shape[1]} and a tail of {effect.tail_samples}")
    if not np.isfinite(whole).all():
        raise BundleError("the output contains NaN or infinity")
    split = _in_odd_blocks(effect, audio)
    error = float(np.abs(split - whole[:, : split.shape[1]]).max())
    if error > SPLIT_TOLERANCE:
        raise BundleError(
            f"blocks of {ODD_BLOCKS} differ from one whole call by {error:.1e}; the tolerance is {SPLIT_TOLERANCE:.0e}"
        )
    silence = effect.render(np.zeros_like(audio), RATE_HZ)
    if np.abs(silence).max() > 1e-6:
        raise BundleError(f"with silence as input, the output has a peak of {np.abs(silence).max():.1e}")
    latency_ms = 1000.0 * effect.latency_samples / RATE_HZ
    return f"latency {latency_ms:.1f} ms, tail {effect.tail_samples / RATE_HZ:.2f} s, {factor:.1f} x real time"


def _test_sound() -> NDArray[np.float32]:
    """A stereo 440 Hz tone of ten harmonics with a swell."""
    t = np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * 440.0 * k * t) / k for k in range(1, 11))
    envelope = np.sin(np.pi * t / SECONDS) ** 2
    return np.stack([tone * envelope, tone * envelope]).astype(np.float32) * np.float32(0.2)


def _in_odd_blocks(effect: Effect, audio: NDArray[np.float32]) -> NDArray[np.float32]:
    effect.prepare(RATE_HZ, max(ODD_BLOCKS), audio.shape[0])
    padded = np.pad(audio, ((0, 0), (0, effect.latency_samples)))
    out, position, turn = [], 0, 0
    while position < padded.shape[1]:
        # Single samples only at the start: two seconds of them would take minutes.
        size = 1 if turn < 200 else ODD_BLOCKS[turn % len(ODD_BLOCKS)]
        out.append(effect.process_block(padded[:, position : position + size]))
        position, turn = position + size, turn + 1
    return np.concatenate(out, axis=1)[:, effect.latency_samples :]
