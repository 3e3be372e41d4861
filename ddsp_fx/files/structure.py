# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a survey of a file: where the audio is, and what is wrong with the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ddsp_fx.files.pieces import Piece

# Limit of chunks, tags or joined streams. Recordings have fewer; a file of nothing else would fill the memory.
MOST_ITEMS = 4096


@dataclass(frozen=True)
class Loss:
    """A file that is truncated, or does not match its header.

    Args:
        name: of the file, printable.
        have_s: seconds of good sound from its start.
        promised_s: the length that its header states, None if it states none.
        reason: what was found; messages put it after a colon.
    """

    name: str
    have_s: float
    promised_s: float | None
    reason: str

    @property
    def text(self) -> str:
        """One line: how much of how much is readable, and why."""
        promised = self.promised_s
        if promised is not None and promised < self.have_s:
            return f"{self.name}: {self.have_s:.3f} s can be read where {promised:.3f} s are promised: {self.reason}"
        of = "" if promised is None else f" of {promised:.3f} s"
        return f"{self.name}: {self.have_s:.3f} s{of} can be read: {self.reason}"


@dataclass(frozen=True)
class Survey:
    """How to read one file.

    Args:
        parts: what decoders read one after another, each a complete small file.
        promised: sample frames that the header states, None if it states none (a stream, an unfinished recording).
        present: sample frames that are there, None if only decoding can tell.
        fault: what is wrong; empty for an undamaged file.
        mask: WAVE_FORMAT_EXTENSIBLE's bits of the speakers, None if no layout is stated, 0 for "none".
        order: the channels' speaker bits, if not in rising order.
        delay_known: False if an encoder has added an unknown delay before the first sample.
        chunks: (id, start, end) of everything but samples, for containers with chunks; the last may
            end past the file.
        samples_at: the position of the sound in the file, for those containers.
        raw: start and end of uncompressed samples, and bytes per frame, for reading without a decoder.
        container: "wav", "rifx", "w64", "aiff", "caf", "flac", "mp3", "ogg", or "" for libsndfile's other kinds.
    """

    parts: Sequence[Sequence[Piece]]
    container: str = ""
    promised: int | None = None
    present: int | None = None
    fault: str = ""
    mask: int | None = None
    order: tuple[int, ...] | None = None
    delay_known: bool = True
    chunks: Sequence[tuple[bytes, int, int]] = field(default=())
    samples_at: int = 0
    raw: tuple[int, int, int] | None = None
