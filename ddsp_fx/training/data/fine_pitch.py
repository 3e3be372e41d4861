# SPDX-License-Identifier: GPL-3.0-or-later
"""Refines the pitch of a recording to a few cents, for the sinusoids that training compares with it.

A tracker error of 10 cents is 30 Hz at the twentieth harmonic of 260 Hz: the sinusoid then lies a whole main lobe
    beside the partial and costs twice, and the training learns noise instead of partials. So each frame's pitch is
    moved, within ``SPAN_CENTS``, to where the first harmonics have the highest summed amplitude. On the Bach violin
    this lowered the spectral loss of analysis and resynthesis, without any network, from 5.52 to 4.96 with swift, and
    from 5.57 to 5.32 with McLeod.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ddsp_fx.array_types import Floats
from ddsp_fx.training.data.measured_controls import harmonic_amplitudes
from ddsp_fx.training.data.passage import Passage

HARMONICS = 12
# (reach, step) in cents: a coarse search, then a fine one around its result.
PASSES = ((36.0, 6.0), (12.0, 3.0))
CEILING = 0.47  # of the rate: harmonics above are not used
VOICED = 0.5


def refine(passage: Passage, *, hop: int, sample_rate: int) -> Passage:
    """Return ``passage`` with refined f0_hz in its voiced frames; unvoiced frames keep theirs."""
    fine = passage
    for reach, step in PASSES:
        cents = np.arange(-reach, reach + step / 2, step)
        scores = np.stack([_score(fine, float(offset), hop, sample_rate) for offset in cents])
        moved = fine.f0_hz * 2.0 ** (_peak(scores, cents) / 1200.0)
        voiced = passage.confidence >= VOICED
        fine = replace(fine, f0_hz=np.where(voiced, moved, fine.f0_hz).astype(np.float32))
    return fine


def _score(passage: Passage, cents: float, hop: int, sample_rate: int) -> Floats:
    """Return the summed amplitude of the first harmonics, with the pitch moved by ``cents``: (frames,)."""
    moved = replace(passage, f0_hz=(passage.f0_hz * 2.0 ** (cents / 1200.0)).astype(np.float32))
    amplitudes = harmonic_amplitudes(moved, hop=hop, n_harmonics=HARMONICS, sample_rate=sample_rate)
    below = passage.f0_hz[:, None] * np.arange(1, HARMONICS + 1) < CEILING * sample_rate
    score: Floats = np.sum(amplitudes * below, axis=1)
    return score


def _peak(scores: Floats, cents: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return, in cents, the vertex of the parabola through each frame's best score and its neighbours."""
    best = np.clip(np.argmax(scores, axis=0), 1, len(cents) - 2)
    frame = np.arange(scores.shape[1])
    left, top, right = (scores[best + side, frame].astype(np.float64) for side in (-1, 0, 1))
    bend = np.minimum(left - 2.0 * top + right, -1e-12)
    vertex: npt.NDArray[np.float64] = cents[best] + (cents[1] - cents[0]) * np.clip(0.5 * (left - right) / bend, -1, 1)
    return vertex
