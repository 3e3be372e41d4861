# SPDX-License-Identifier: GPL-3.0-or-later
"""An unfinished copy of a WAV or AIFF: sound that stops dead, and nothing but zeros from there to the end.

Plain samples carry no checksum, so this is a judgement. It asks for all of: a quarter of a second of zeros at the end;
at least 0.3 s of sound before them, the last second of which has no 32 frames of zeros in a row (an editor's silence, a
test's impulse); a level in the last 5 ms above -50 dBFS and within 20 dB of the last 100 ms; and an end that is not at
a multiple of 10 ms. Recordings fade or hiss before they end, and people and scripts cut at round times; a copy that
breaks off ends anywhere, at 44.1 kHz once in 88 times within 2 frames of a round one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.files.decoder import sound_file
from ddsp_fx.files.interrupts import uninterrupted
from ddsp_fx.files.pieces import Piece

Sound = NDArray[np.float32]

SILENCE_S, BEFORE_S, LEAST_S = 0.25, 1.0, 0.3
ROUND_S = 0.01
LOWEST_HZ = 8000.0
_RUN = 32
_BLOCK = 1 << 20


def sound_before_zeros(
    path: Path, raw: tuple[int, int, int], pieces: Sequence[Piece], sample_rate: float
) -> int | None:
    """Sample frames before the zeros of an unfinished copy; None where the file isn't one.

    Args:
        path: of the file.
        raw: where its samples begin and end, and bytes a frame.
        pieces: the same for the decoder.
        sample_rate: in Hz.
    """
    frames = (raw[1] - raw[0]) // raw[2]
    sound = _frames_before_zeros(path, *raw)
    before = min(sound, round(BEFORE_S * sample_rate))
    if sample_rate < LOWEST_HZ or frames - sound < SILENCE_S * sample_rate or _is_round(sound, sample_rate):
        return None
    with sound_file(path, pieces) as file, uninterrupted():
        file.seek(sound - before)
        heard = file.read(before, dtype="float32", always_2d=True).T
    return sound if stops_dead(heard, sample_rate) else None


def _frames_before_zeros(path: Path, start: int, end: int, align: int) -> int:
    """Read from the back, so that a file that doesn't end in zeros costs one block."""
    with path.open("rb") as file:
        position = end
        while position > start:
            begin = max(start, position - _BLOCK)
            file.seek(begin)
            kept = file.read(position - begin).rstrip(b"\0")
            if kept:
                return (begin + len(kept) - start + align - 1) // align
            position = begin
    return 0


def _is_round(frames: int, sample_rate: float) -> bool:
    """At a multiple of 10 ms, but for the last samples of a tone that may themselves be zero."""
    step = ROUND_S * sample_rate
    return abs(frames - round(frames / step) * step) <= 2.5


def stops_dead(before: Sound, sample_rate: float) -> bool:
    """Is this (channels, samples), which zeros follow, sound in full flight?"""
    if before.shape[1] < LEAST_S * sample_rate or not np.isfinite(before).all():
        return False
    quiet = np.concatenate([[0], np.cumsum((before == 0.0).all(axis=0))])
    if (quiet[_RUN:] - quiet[:-_RUN] == _RUN).any():
        return False
    last, longer = _rms(before, 0.005 * sample_rate), _rms(before, 0.1 * sample_rate)
    return last > 10.0 ** (-50.0 / 20.0) and last > 0.1 * longer


def _rms(audio: Sound, frames: float) -> float:
    return float(np.sqrt(np.square(audio[:, -max(1, round(frames)) :], dtype=np.float64).mean()))
