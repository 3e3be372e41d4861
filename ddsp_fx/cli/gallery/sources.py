# SPDX-License-Identifier: GPL-3.0-or-later
"""The input sounds: the project's own synthesised phrases, or the user's recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Doubles, Mono
from ddsp_fx.cli import example_sounds
from ddsp_fx.cli.audio_files import say
from ddsp_fx.cli.example_sounds import Note
from ddsp_fx.errors import AudioError
from ddsp_fx.files.input import read_mono
from ddsp_fx.files.names import printable

RATE_HZ = float(example_sounds.RATE_HZ)
# In less, nothing is left between the fade and the second of silence for the room.
SHORTEST_S = 2.0
# With longer sounds the page loads slowly and shows nothing more.
OWN_RECORDING_S = 20.0
_FADE_S = 0.03


@dataclass(frozen=True)
class Sound:
    """Mono audio (samples,), silent from `ends_s` on. `dry` is the same without its room, if known."""

    audio: Mono
    rate_hz: float
    ends_s: float
    name: str
    dry: Mono | None = None

    @property
    def seconds(self) -> float:
        """Length in s."""
        return len(self.audio) / self.rate_hz

    @property
    def span_s(self) -> float:
        """Length of the time axis in s, which includes the tail."""
        return self.seconds + 1.5


def check_seconds(seconds: float | None) -> None:
    """Raises AudioError for a length that leaves no sound."""
    if seconds is not None and not seconds >= SHORTEST_S:
        raise AudioError(
            f"--seconds {seconds:g} is too short: at least {SHORTEST_S:g} s are needed to hear a room decay"
        )


def sung(seconds: float | None) -> Sound:
    """The sung phrase, with half a second of silence at the end."""
    notes = _first(example_sounds.SUNG, seconds)
    audio, ends_s = _shortened(example_sounds.sing(notes), notes, 0.5, seconds)
    return Sound(audio.astype(np.float32), RATE_HZ, ends_s, "a sung phrase")


def bowed(seconds: float | None) -> Sound:
    """The violin phrase in a hall with an RT60 of 1.1 s, with 1.2 s of silence at the end."""
    notes, room = _first(example_sounds.BOWED, seconds), example_sounds.room()
    dry, ends_s = _shortened(example_sounds.bow(notes), notes, len(room) / RATE_HZ, seconds)
    wet = example_sounds.in_room(dry, room)
    gain = 0.5 / np.abs(wet).max()
    return Sound(
        (gain * wet).astype(np.float32), RATE_HZ, ends_s, "a violin phrase in a hall", (gain * dry).astype(np.float32)
    )


def _first(notes: Sequence[Note], seconds: float | None) -> Sequence[Note]:
    """The notes that start within `seconds`."""
    starts_s = accumulate((note.seconds + note.rest_s for note in notes), initial=0.0)
    return [note for note, start_s in zip(notes, starts_s, strict=False) if seconds is None or start_s < seconds]


def _shortened(audio: Doubles, notes: Sequence[Note], rest_s: float, seconds: float | None) -> tuple[Doubles, float]:
    """At most `seconds` of audio, the last `rest_s` of it silent; and the end of the last note."""
    ends_s = sum(note.seconds + note.rest_s for note in notes) - notes[-1].rest_s
    if seconds is None or seconds >= len(audio) / RATE_HZ:
        return audio, ends_s
    ends_s = min(ends_s, seconds - rest_s)
    return _faded(audio, RATE_HZ, ends_s)[: round(seconds * RATE_HZ)], ends_s


def _faded(audio: Doubles, rate_hz: float, ends_s: float) -> Doubles:
    """Fade to silence at `ends_s`, over 30 ms."""
    return audio * np.clip((ends_s - np.arange(len(audio)) / rate_hz) / _FADE_S, 0.0, 1.0)


def own(path: Path, seconds: float | None) -> Sound:
    """The first seconds of a file, 20 by default, followed by a second of silence for the tail.

    Raises AudioError when it cannot be read or is silent.
    """
    first_s = OWN_RECORDING_S if seconds is None else seconds
    audio, rate_hz = read_mono(path, first_s, salvage=True, tell=lambda remark: say([remark]))
    if not np.abs(audio).max(initial=0.0) > 0.0:
        raise AudioError(f"{printable(path)}: its first seconds are silent; choose a recording that starts with sound")
    ends_s = len(audio) / rate_hz
    faded = _faded(audio.astype(np.float64), rate_hz, ends_s).astype(np.float32)
    return Sound(np.pad(faded, (0, round(rate_hz))), rate_hz, ends_s, printable(path.name))
