# SPDX-License-Identifier: GPL-3.0-or-later
"""Autotune, once a frame: see `intonation`."""

import math

import numpy as np

from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Record
from ddsp_fx.effects.scales import SCALES

NEW_NOTE_SEMITONES = 0.8
# Hysteresis: without it, a sung centre on the border of two notes would flicker between them.
STICKY_SEMITONES = 0.15

# Each scale's degrees, the first of the next octave, and then 12 again and again.
_DEGREES = np.full((len(SCALES), 13), 12.0)
for _row, _degrees in enumerate(SCALES.values()):
    _DEGREES[_row, : len(_degrees)] = _degrees


class Tune(Record):
    """The centre of the note that sounds, its target note, and the correction, in semitones; NaN without a note."""

    centre: float
    weight: float
    note: float
    correction: float
    centre_frames: float
    glide_frames: float


@kernel()
def forget_note(tune: Tune) -> None:
    """The next frame begins a note."""
    tune.centre = tune.note = math.nan
    tune.weight = tune.correction = 0.0


@kernel()
def _distance(tune: Tune, note: float) -> float:
    """The current note counts as a little nearer than it is."""
    return abs(note - tune.centre) - (STICKY_SEMITONES if note == tune.note else 0.0)


@kernel()
def _nearest(tune: Tune, key: int, scale: int) -> float:
    octave = math.floor((tune.centre - key) / 12.0)
    place, above = tune.centre - key - 12.0 * octave, 1
    while above < 12 and _DEGREES[scale, above] <= place:
        above += 1
    low = key + 12.0 * octave + _DEGREES[scale, above - 1]
    high = key + 12.0 * octave + _DEGREES[scale, above]
    return float(low if _distance(tune, low) <= _distance(tune, high) else high)


@kernel()
def tune_step(tune: Tune, f0_hz: float, sounding: bool, key: int, scale: int) -> float:
    """One frame -> semitones to add for full correction; `key` and `scale` are indices of KEYS and SCALES."""
    if not sounding:
        forget_note(tune)
        return 0.0
    pitch = 69.0 + 12.0 * math.log2(f0_hz / 440.0)
    starts = math.isnan(tune.centre)
    if starts or abs(pitch - tune.centre) > NEW_NOTE_SEMITONES:
        tune.centre, tune.weight = pitch, 0.0
    tune.weight = min(tune.weight + 1.0, tune.centre_frames)
    tune.centre += (pitch - tune.centre) / tune.weight
    tune.note = _nearest(tune, key, scale)
    wanted = tune.note - tune.centre
    tune.correction = wanted if starts else tune.correction + (wanted - tune.correction) / tune.glide_frames
    return tune.correction
