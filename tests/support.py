# SPDX-License-Identifier: GPL-3.0-or-later
"""Models, rooms, bundles and sounds made for tests."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray
from pedalboard.io import AudioFile

from ddsp_fx.array_types import Audio
from ddsp_fx.inference import FakeRunner

N_HARMONICS, N_BANDS, STATE = 20, 65, 4
DATA = Path(__file__).parent / "data"


def fake_decoder(level_floor_db: float = -80.0, noise: float = 0.01) -> FakeRunner:
    """Amplitude follows level, k^-1 spectrum, noise 40 dB lower; the state counts frames."""
    k = np.arange(1, N_HARMONICS + 1)
    distribution = (1.0 / k / (1.0 / k).sum()).astype(np.float32)

    def step(tensors: object) -> dict[str, NDArray[np.float32]]:
        level_db = (float(tensors["level_scaled"][0]) - 1.0) * 80.0  # type: ignore[index]
        amplitude = 10.0 ** (level_db / 20.0) if level_db > level_floor_db else 0.0
        return {
            "amplitude": np.array([amplitude], np.float32),
            "harmonic_distribution": distribution,
            "noise_magnitudes": np.full(N_BANDS, noise * amplitude, np.float32),
            "state": tensors["state"] + 1,  # type: ignore[index]
        }

    return FakeRunner(
        step,
        {"f0_scaled": (1,), "level_scaled": (1,), "state": (STATE,)},
        {
            "amplitude": (1,),
            "harmonic_distribution": (N_HARMONICS,),
            "noise_magnitudes": (N_BANDS,),
            "state": (STATE,),
        },
    )


def decaying_noise(rt60_s: float, seconds: float, rate: float, paths: int = 1, seed: int = 0) -> Audio:
    """An impulse response with a known decay and IR[0] = 0."""
    n = int(seconds * rate)
    envelope = np.exp(-6.91 * np.arange(n) / rate / rt60_s)
    response = np.random.default_rng(seed).standard_normal((paths, n)) * envelope
    response[:, 0] = 0.0
    return (0.5 * response / np.sqrt((response**2).sum(axis=1, keepdims=True))).astype(np.float32)


def tone(seconds: float, rate: float, f0_hz: float = 220.0, level: float = 0.3, channels: int = 1) -> Audio:
    """Ten harmonics at a steady pitch with 20 ms fades."""
    t = np.arange(int(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * f0_hz * k * t) / k for k in range(1, 11))
    fade = np.clip(np.minimum(t, t[::-1]) / 0.02, 0, 1)
    return np.repeat((level * fade * wave / np.abs(wave).max())[np.newaxis], channels, axis=0).astype(np.float32)


def cut(audio: Audio, sizes: list[int]) -> list[Audio]:
    """Cut audio into blocks of these sizes in turn."""
    blocks, position, turn = [], 0, 0
    while position < audio.shape[1]:
        size = sizes[turn % len(sizes)]
        blocks.append(audio[:, position : position + size])
        position, turn = position + size, turn + 1
    return blocks


def stream(process: Callable[[Audio], Audio], audio: Audio, sizes: list[int]) -> Audio:
    """Run `process` over the blocks and join the results."""
    return np.concatenate([process(block) for block in cut(audio, sizes)], axis=1)


def install(folder: Path, name: str, points: Mapping[str, Mapping[str, str]]) -> None:
    """Write a distribution's metadata, with entry points by group, to a folder on the path, as if it were installed."""
    place = folder / f"{name}-1.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in of.items()) for group, of in points.items()]
    (place / "entry_points.txt").write_text("\n".join(groups))


ODD_WORDS = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1\0\0\0")


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage of one of six kinds: bits flipped anywhere, near the start or near the end; a cut, a gap, an odd word."""
    data, end = bytearray(content), len(content)
    last = max(0, end - 12000)
    kind = rng.choice(["any", "head", "tail", "cut", "zeros", "word"])
    if kind == "cut":
        return bytes(data[: rng.integers(8, end)])
    if kind == "zeros":
        start = int(rng.integers(last, end))
        data[start : start + 64] = bytes(len(data[start : start + 64]))
    elif kind == "word":
        start = int(rng.integers(last, end - 4)) & ~3
        data[start : start + 4] = ODD_WORDS[rng.integers(4)]
    else:
        low, high = {"any": (8, end), "head": (8, min(4096, end)), "tail": (last, end)}[kind]
        for position in rng.integers(low, high, rng.choice([1, 1, 2, 8])):
            data[position] ^= 1 << int(rng.integers(8))
    return bytes(data)


def manifest_data(folder: Path, symbol: str = "hall", bundle_id: str = "org.example.hall") -> dict[str, Any]:
    digest = hashlib.sha256((folder / "room.wav").read_bytes()).hexdigest()
    return {
        "schema_version": 1,
        "id": bundle_id,
        "name": "Hall",
        "version": "1.0.0",
        "licence": "CC0-1.0",
        "authors": ["A. Tester"],
        "effects": [
            {
                "kind": "learned_reverb",
                "symbol": symbol,
                "name": "Hall",
                "files": {"room": "room"},
                "defaults": {"mix": 0.25},
                "presets": {"far": {"mix": 0.8, "pre_delay": 30.0}},
            }
        ],
        "files": {"room": {"path": "room.wav", "sha256": digest}},
    }


def write_bundle(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with AudioFile(str(folder / "room.wav"), "w", 16000, 1, bit_depth=32) as file:
        file.write(decaying_noise(0.2, 0.25, 16000))
    data = manifest_data(folder)
    data.update(changes)
    (folder / "bundle.toml").write_text(tomli_w.dumps(data))
    return folder
