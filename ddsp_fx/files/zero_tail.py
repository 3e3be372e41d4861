# SPDX-License-Identifier: GPL-3.0-or-later
"""Detects an unfinished copy of a WAV or AIFF: sound that stops abruptly, and only zeros from there to the end.

Uncompressed samples have no checksum, so this is a judgement. All of these must hold: a quarter of a second of zeros at
the end; at least 0.3 s of sound before them, whose last second has no 32 frames of zeros in a row (as from an editor's
silence or a test impulse); a level in the last 5 ms above -50 dBFS and within 20 dB of the last 100 ms; and an end that
is not at a multiple of 10 ms. Recordings fade or hiss before they end, and people and scripts cut at round times. A
copy that breaks off ends anywhere: at 44.1 kHz, one in 88 ends within 2 frames of a round time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Mono
from ddsp_fx.files.decoder import sound_file
from ddsp_fx.files.interrupts import uninterrupted
from ddsp_fx.files.pieces import Piece

SILENCE_S, BEFORE_S, LEAST_S = 0.25, 1.0, 0.3
ROUND_S = 0.01
LOWEST_HZ = 8000.0
_RUN = 32
_BLOCK = 1 << 20


def sound_before_zeros(
    path: Path, raw: tuple[int, int, int], pieces: Sequence[Piece], sample_rate: float
) -> int | None:
    """The number of sample frames before the zeros of an unfinished copy; None if the file is not one.

    Args:
        path: of the file.
        raw: start and end of its samples, and bytes per frame.
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
    """Reads from the end, so that a file that does not end in zeros costs one block."""
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
    """Whether the end is at a multiple of 10 ms, allowing for a tone's last samples, which may be zero themselves."""
    step = ROUND_S * sample_rate
    return abs(frames - round(frames / step) * step) <= 2.5


def stops_dead(before: Mono, sample_rate: float) -> bool:
    """Whether (channels, samples), which zeros follow, stops at full level."""
    if before.shape[1] < LEAST_S * sample_rate or not np.isfinite(before).all():
        return False
    quiet = np.concatenate([[0], np.cumsum((before == 0.0).all(axis=0))])
    if (quiet[_RUN:] - quiet[:-_RUN] == _RUN).any():
        return False
    last, longer = _rms(before, 0.005 * sample_rate), _rms(before, 0.1 * sample_rate)
    return last > 10.0 ** (-50.0 / 20.0) and last > 0.1 * longer


def _rms(audio: Mono, frames: float) -> float:
    return float(np.sqrt(np.square(audio[:, -max(1, round(frames)) :], dtype=np.float64).mean()))
