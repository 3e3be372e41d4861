# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how closely a bundle's instrument, in its room, reproduces recordings, by running the effect itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.array_types import Mask, Mono
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.offline import drive, reader
from ddsp_fx.errors import AudioError, BundleError

if TYPE_CHECKING:
    from ddsp_fx.analysis.features import Features
    from ddsp_fx.analysis.resynthesis_figures import Comparison
    from ddsp_fx.effects.source import Trained

Advance = Callable[[float], object]
KIND = "timbre_transfer"
BLOCK = 8192
# Each step's share of the time, measured with swift; they only drive the progress bar.
_ANALYSIS_SHARE, _EFFECT_SHARE = 0.3, 0.4


@dataclass(frozen=True)
class Subject:
    """What is evaluated: a bundle's timbre transfer, and the pitch tracker that it and the measurement use.

    It plays with `preset`, or without one with its defaults and its room.
    """

    bundle: Bundle
    symbol: str
    tracker: str = "swift"
    preset: str | None = None

    @classmethod
    def of(cls, bundle: Bundle, symbol: str = "", tracker: str = "swift", preset: str | None = None) -> Subject:
        """The bundle's timbre transfer: `symbol` if it is one, else the first.

        Raises BundleError if there is none or no such preset, UnknownEffectError if no effect has that symbol.
        """
        if symbol:
            bundle.entry(symbol)
        symbols = [entry.symbol for entry in bundle.manifest.effects if entry.kind == KIND]
        if not symbols:
            has = ", ".join(f"{entry.symbol} ({entry.kind})" for entry in bundle.manifest.effects)
            raise BundleError(f"bundle {bundle.manifest.id} has no {KIND} effect to resynthesise with; it has {has}")
        subject = cls(bundle, symbol if symbol in symbols else symbols[0], tracker, preset)
        subject.effect()
        return subject

    def effect(self) -> Effect:
        """A new effect with the settings that are evaluated."""
        return self.bundle.make(
            self.symbol, self.preset, self.tracker, mix=1.0, **({} if self.preset else {"room": True})
        )


@dataclass(frozen=True)
class Evaluated:
    """One recording: the comparison, masks of voiced frames outside the trained range, and the time it took."""

    comparison: Comparison
    strange_pitch: Mask
    strange_level: Mask
    render_s: float

    @property
    def notes(self) -> bool:
        """Whether any frame of the recording is voiced; without one, pitch figures have no value."""
        return bool(self.comparison.wanted.voiced.any())


def evaluate(subject: Subject, audio: Mono, sample_rate: float, advance: Advance = lambda _: None) -> Evaluated:
    """Run `audio` (samples,) through the subject, remove the latency, and compare the result with `audio`.

    `advance` is called with the seconds of audio done. Raises AudioError for no audio, or for a rate that effects do
    not support; BundleError, ModelError, MissingExtraError.
    """
    from ddsp_fx.analysis.features import extract
    from ddsp_fx.analysis.resynthesis_figures import pair

    if not audio.size:
        raise AudioError("the recording holds no audio (0 samples)")
    seconds = audio.size / sample_rate
    wanted = extract(audio, sample_rate, subject.tracker, "loudness")
    advance(_ANALYSIS_SHARE * seconds)
    sound, render_s = resynthesise(subject, audio, sample_rate, advance)
    again = extract(sound, sample_rate, subject.tracker, "loudness")
    comparison = pair(audio, sound, sample_rate, wanted, again)
    advance(_ANALYSIS_SHARE * seconds)
    trained = subject.bundle.manifest.trained_on
    strange = _strange(audio, sample_rate, wanted, trained.trained() if trained else None)
    return Evaluated(comparison, *strange, render_s)


def resynthesise(
    subject: Subject, audio: Mono, sample_rate: float, advance: Advance = lambda _: None
) -> tuple[Mono, float]:
    """`audio` (samples,) through the effect as in a script -> (samples,), and the seconds it took."""
    effect = subject.effect()
    effect.prepare(sample_rate, BLOCK, 1)
    # Compilation must not count as speed. After eight blocks, every tracker has run once.
    for _ in range(8):
        effect.process_block(np.resize(audio, (1, BLOCK)))
    effect.reset()
    started, blocks = time.perf_counter(), []
    for block in drive(effect.process_block, reader(audio[np.newaxis]), effect.latency_samples, lambda: 0, BLOCK):
        blocks.append(block[0])
        advance(_EFFECT_SHARE * block.shape[1] / sample_rate)
    return np.concatenate(blocks), time.perf_counter() - started


def _strange(audio: Mono, sample_rate: float, wanted: Features, trained: Trained | None) -> tuple[Mask, Mask]:
    """For the recording's voiced frames: is the pitch, and is the level, outside the range of the training data?"""
    from ddsp_fx.analysis.features import extract

    if trained is None:
        return np.zeros(0, bool), np.zeros(0, bool)
    voiced = wanted.voiced
    f0_hz, level_db = wanted.f0_hz[voiced], wanted.level_db[voiced]
    if trained.level != "loudness":
        level_db = extract(audio, sample_rate, "mcleod", trained.level).level_db[: len(voiced)][voiced]
    pitch = (f0_hz < trained.f0_min_hz) | (f0_hz > trained.f0_max_hz)
    return pitch, (level_db < trained.level_low_db) | (level_db > trained.level_high_db)


def summary(evaluated: Sequence[Evaluated]) -> dict[str, float]:
    """All figures of one or more recordings; NaN where a figure has no value.

    Adds to `resynthesis_figures.figures` the shares of voiced frames outside the trained range, the seconds, and the
    effect's speed as a multiple of real time.

    """
    from ddsp_fx.analysis.resynthesis_figures import figures

    pitch = np.concatenate([e.strange_pitch for e in evaluated])
    level = np.concatenate([e.strange_level for e in evaluated])
    seconds = sum(e.comparison.seconds for e in evaluated)
    return {
        "seconds": seconds,
        **figures([e.comparison for e in evaluated]),
        "out_of_range": _share(pitch | level),
        "out_of_range_pitch": _share(pitch),
        "out_of_range_level": _share(level),
        "times_real_time": seconds / max(sum(e.render_s for e in evaluated), 1e-9),
    }


def _share(mask: Mask) -> float:
    return float(mask.mean()) if mask.size else float("nan")
