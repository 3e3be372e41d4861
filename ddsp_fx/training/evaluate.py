# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out figures of a resynthesis, as defined in the DDSP paper's table 1 as far as it says.

- f0 L1: mean |difference| in semitones between the pitch of the recording and of the resynthesis, over frames that the
  tracker calls voiced in both. Pitch is measured by the same tracker on both.
- f0 outliers: share of those frames more than half a semitone off (the paper counts frames whose tracker confidence
  falls under a limit; ours is stricter on octave errors, looser on breathy frames).
- loudness L1: mean |difference| of A-weighted loudness, in units of 80 dB (the scale on which the paper's decoder and,
  as far as we know, its table work).
- spectral loss: at 16 kHz, the paper's rate; multi-scale, FFT 2048 to 64, L1 of magnitude plus L1 of log magnitude.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ddsp_fx.analysis.features import extract
from ddsp_fx.dsp.resample import resample
from ddsp_fx.dsp.spectral import spectral_distance

Array = npt.NDArray[np.float32]
OUTLIER_SEMITONES = 0.5
PAPER_RATE = 16000


def compare(recording: Array, resynthesis: Array, sample_rate: int, tracker: str = "swift") -> dict[str, float]:
    """Figures of `resynthesis` against `recording`, (samples,) each."""
    n = min(len(recording), len(resynthesis))
    wanted, got = (extract(sound[:n], sample_rate, tracker, "loudness") for sound in (recording, resynthesis))
    both = wanted.voiced & got.voiced
    semitones = 12.0 * np.abs(np.log2(got.f0_hz[both] / wanted.f0_hz[both]))
    inliers = semitones[semitones <= OUTLIER_SEMITONES]
    return {
        "f0_l1_semitones": float(inliers.mean()) if inliers.size else float("nan"),
        "f0_outliers": float((semitones > OUTLIER_SEMITONES).mean()) if semitones.size else 1.0,
        "voiced_kept": float(both.sum() / max(int(wanted.voiced.sum()), 1)),
        "loudness_l1": float(np.abs(wanted.level_db - got.level_db).mean() / 80.0),
        "spectral_loss": spectral_distance(
            _at_16_khz(recording[:n], sample_rate), _at_16_khz(resynthesis[:n], sample_rate)
        ),
    }


def _at_16_khz(audio: Array, sample_rate: int) -> Array:
    return audio if sample_rate == PAPER_RATE else resample(audio, sample_rate, PAPER_RATE)
