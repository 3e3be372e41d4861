# SPDX-License-Identifier: GPL-3.0-or-later
"""Distance of a resynthesis from its recording: the figures of the DDSP paper's table 1, by two definitions.

There are 50 frames a second. Both sounds go through the same tracker, at 16 kHz. `voiced`: a confidence of 0.5 or more.

- f0_l1_semitones: mean |difference| in pitch over frames voiced in both and at most half a semitone apart.
- f0_l1_all_semitones: the same over all frames voiced in both, octave errors included.
- f0_outliers: share of the frames voiced in both that are more than half a semitone apart.
- voiced_kept: share of the recording's voiced frames that are voiced in the resynthesis.
- paper_f0_l1_semitones: mean |difference| over frames with a confidence of 0.85 or more in both.
- paper_f0_outliers: share of the recording's frames with that confidence that have less in the resynthesis. The
  paper's confidence is CREPE's. With another tracker 0.85 means something else, so these two only resemble the paper's.
- loudness_l1: mean |difference| of A-weighted loudness, in units of 80 dB (the scale of the paper's decoder and, as far
  as we know, of its table).
- spectral_loss: at 16 kHz, the paper's rate; multi-scale, FFT 2048 to 64, L1 of magnitude plus L1 of log magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ddsp_fx.analysis.features import Features, extract
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.array_types import Mask, Mono
from ddsp_fx.dsp.resample import resample
from ddsp_fx.dsp.spectral import spectral_distance
from ddsp_fx.errors import AudioError

OUTLIER_SEMITONES = 0.5
PAPER_CONFIDENCE = 0.85
# Engel et al. 2020, table 1, on notes of NSynth; WaveRNN is Hantrakul et al. 2019, as quoted in that table.
PAPER = {
    "WaveRNN, supervised": {"loudness_l1": 0.10, "f0_l1_semitones": 1.00, "f0_outliers": 0.07},
    "DDSP autoencoder, supervised": {"loudness_l1": 0.07, "f0_l1_semitones": 0.02, "f0_outliers": 0.003},
    "DDSP autoencoder, unsupervised": {"loudness_l1": 0.09, "f0_l1_semitones": 0.80, "f0_outliers": 0.04},
}


@dataclass(frozen=True)
class Comparison:
    """A recording and its resynthesis: features of equal length, and the spectral loss over `seconds`.

    The loss is None if a recording is too short for one sample at 16 kHz.
    """

    wanted: Features
    got: Features
    spectral_loss: float | None
    seconds: float


def pair(recording: Mono, resynthesis: Mono, sample_rate: float, wanted: Features, got: Features) -> Comparison:
    """Two sounds (samples,) and their features, cut to the shorter; raises AudioError if one is empty."""
    n = min(len(recording), len(resynthesis))
    if not n:
        raise AudioError("nothing to compare: the recording or its resynthesis has 0 samples")
    frames = min(len(wanted), len(got))
    target, prediction = (resample(sound[:n], sample_rate, FEATURE_RATE_HZ) for sound in (recording, resynthesis))
    distance = spectral_distance(target, prediction) if target.size else None
    return Comparison(_cut(wanted, frames), _cut(got, frames), distance, n / sample_rate)


def compare(recording: Mono, resynthesis: Mono, sample_rate: float, tracker: str = "swift") -> dict[str, float]:
    """The figures of `resynthesis` against `recording`, (samples,) each, both analysed with `tracker`."""
    n = min(len(recording), len(resynthesis))
    wanted, got = (extract(sound[:n], sample_rate, tracker, "loudness") for sound in (recording, resynthesis))
    return figures([pair(recording, resynthesis, sample_rate, wanted, got)])


def figures(comparisons: Sequence[Comparison]) -> dict[str, float]:
    """The figures of one or more recordings. All frames weigh alike, spectral losses by length; NaN without frames."""
    wanted, got = _join([c.wanted for c in comparisons]), _join([c.got for c in comparisons])
    return {
        **_pitch_figures(wanted, got),
        **_paper_figures(wanted, got),
        "loudness_l1": _mean(np.abs(wanted.level_db - got.level_db)) / 80.0,
        "spectral_loss": _spectral_loss(comparisons),
    }


def _spectral_loss(comparisons: Sequence[Comparison]) -> float:
    measured = [(c.spectral_loss, c.seconds) for c in comparisons if c.spectral_loss is not None]
    if not measured:
        return math.nan
    losses, seconds = zip(*measured, strict=True)
    return float(np.average(losses, weights=seconds))


def _pitch_figures(wanted: Features, got: Features) -> dict[str, float]:
    both = wanted.voiced & got.voiced
    semitones = _semitones(wanted, got, both)
    # A resynthesis that lost every note counts as the worst possible; a recording without notes gives no figure.
    lost = 1.0 if wanted.voiced.any() else math.nan
    return {
        "f0_l1_semitones": _mean(semitones[semitones <= OUTLIER_SEMITONES]),
        "f0_l1_all_semitones": _mean(semitones),
        "f0_outliers": _mean(semitones > OUTLIER_SEMITONES) if semitones.size else lost,
        "voiced_kept": _mean(both[wanted.voiced]),
    }


def _paper_figures(wanted: Features, got: Features) -> dict[str, float]:
    sure, still = wanted.confidence >= PAPER_CONFIDENCE, got.confidence >= PAPER_CONFIDENCE
    return {
        "paper_f0_l1_semitones": _mean(_semitones(wanted, got, sure & still)),
        "paper_f0_outliers": _mean(~still[sure]),
    }


def _semitones(wanted: Features, got: Features, where: Mask) -> Mono:
    return np.asarray(12.0 * np.abs(np.log2(got.f0_hz[where] / wanted.f0_hz[where])), np.float32)


def _mean(values: Mono | Mask) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else float("nan")


def _cut(features: Features, n: int) -> Features:
    return Features(features.f0_hz[:n], features.confidence[:n], features.level_db[:n])


def _join(parts: Sequence[Features]) -> Features:
    names = ("f0_hz", "confidence", "level_db")
    return Features(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
