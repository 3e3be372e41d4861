# SPDX-License-Identifier: GPL-3.0-or-later
"""A file's structure: how much audio it promises, how much it contains, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from ddsp_fx.files.pieces import Piece

# Limit of chunks, tags or joined streams. Recordings have fewer; a file of nothing else would fill the memory.
MOST_ITEMS = 4096

# The ISO brands of AAC files, which neither libsndfile nor pedalboard can read.
_AAC = "AAC and MP4 are not read; convert it to .wav or .flac first, for example: ffmpeg -i IN.m4a OUT.wav"


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


def survey(file: BinaryIO, size: int) -> Survey | str:
    """The survey of an open file of that size, or the reason why it cannot be read."""
    from ddsp_fx.files.containers import aiff, au, caf, flac, mp3, ogg, wave, wave64

    start = _after_id3(file)
    file.seek(start)
    head = file.read(16)
    if head[4:8] == b"ftyp" or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0):
        return _AAC
    looks: list[tuple[bool, Callable[[BinaryIO, int, int], Survey]]] = [
        (head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX") and head[8:12] == b"WAVE", wave.survey_wave),
        (head[:16] == wave64.RIFF, wave64.survey_w64),
        (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"), aiff.survey_aiff),
        (head[:4] == b"fLaC", flac.survey_flac),
        (head[:4] == b"caff", caf.survey_caf),
        (head[:4] == b".snd", au.survey_au),
        (head[:4] == b"OggS", ogg.survey_ogg),
        (mp3.is_mp3(file, start, size), mp3.survey_mp3),
    ]
    for fits, look in looks:
        if fits:
            return look(file, start, size)
    return Survey([[(start, size)]])


def _after_id3(file: BinaryIO) -> int:
    """The start of the file itself, because taggers put ID3v2 before any kind of file."""
    position = 0
    for _ in range(MOST_ITEMS):
        file.seek(position)
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 127:
            break
        a, b, c, d = head[6:10]
        footer = 10 if head[5] & 0x10 else 0
        position += 10 + footer + (a << 21 | b << 14 | c << 7 | d)
    return position
