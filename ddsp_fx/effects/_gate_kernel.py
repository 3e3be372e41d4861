# SPDX-License-Identifier: GPL-3.0-or-later
"""When the synthesizer sounds, and at which octave: one small function for each decision, once a frame.

`gate` and `octave_guard` say why, and hold the records.
"""

import math

from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Record

HYSTERESIS = 0.6
SURE = 1.5
LEVEL_HYSTERESIS_DB = 6.0
# A frame below this level never counts as playing, even in a quiet stream. It is the loudness of a -83 dBFS sine.
QUIETEST_DB = -60.0
OCTAVE_SEMITONES = 11.5
AGREE_SEMITONES = 1.5


class Threshold(Record):
    """The loudest level so far, which fades by `forget_db` a frame, and the 95 % quantile of the training data."""

    loud_db: float
    forget_db: float
    high_db: float


@kernel()
def threshold_step(state: Threshold, level_db: float, voiced: bool, gate_db: float) -> float:
    """One frame -> the level in dB that opens the gate."""
    state.loud_db = max(state.loud_db - state.forget_db, level_db if voiced else -math.inf)
    below_db = max(state.high_db - gate_db, LEVEL_HYSTERESIS_DB)
    return min(gate_db, max(state.loud_db - below_db, QUIETEST_DB))


class Gate(Record):
    """The gain, its steps a frame, and counts of frames: held open, to hold, voiced so far, and until that is sure."""

    gain: float
    attack: float
    release: float
    held: int
    hold: int
    voiced_for: int
    sure: int


@kernel()
def gate_step(gate: Gate, confidence: float, level_db: float, voicing: float, threshold_db: float) -> float:
    """One frame -> gain; the arguments are those of `VoicingGate.step`."""
    is_open = gate.gain > 0.0
    ease = HYSTERESIS if is_open else 1.0
    floor_db = threshold_db - (LEVEL_HYSTERESIS_DB if is_open else 0.0)
    voiced = confidence >= voicing * ease
    unsure = not is_open and gate.voiced_for < gate.sure and confidence < min(SURE * voicing, 1.0)
    gate.voiced_for = gate.voiced_for + 1 if confidence >= voicing else 0
    voiced = voiced and not unsure
    if level_db < floor_db:
        gate.held, voiced = gate.hold, False
    elif voiced:
        gate.held = 0
    elif gate.held < gate.hold and is_open:
        gate.held += 1
        return gate.gain
    # Rounded, because ten steps of a tenth do not add up to 1, and the gate is open only at 1.
    gain = round((gate.gain + (gate.attack if voiced else -gate.release)) * 1e9) / 1e9
    gate.gain = min(max(gain, 0.0), 1.0)
    return gate.gain


class Guard(Record):
    """The pitches heard and played last, in semitones, and for how many voiced frames the tracker has agreed."""

    heard: float
    played: float
    agreed: int
    needed: int


@kernel()
def guard_step(guard: Guard, f0_hz: float, sounding: bool, voiced: bool) -> float:
    """One frame -> f0_hz to play; the arguments are those of `OctaveGuard.step`."""
    semitones = 12.0 * math.log2(f0_hz)
    guard.agreed = guard.agreed + 1 if voiced and abs(semitones - guard.heard) < AGREE_SEMITONES else 0
    guard.heard = semitones
    if sounding and guard.agreed < guard.needed and abs(semitones - guard.played) > OCTAVE_SEMITONES:
        return float(2.0 ** (guard.played / 12.0))
    guard.played = semitones
    return f0_hz
