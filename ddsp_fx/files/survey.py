# SPDX-License-Identifier: GPL-3.0-or-later
"""A file's structure: how much audio it promises, how much it contains, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from ddsp_fx.files.containers import aiff, au, caf, flac, mp3, ogg, wave, wave64
from ddsp_fx.files.structure import MOST_ITEMS, Survey

# The ISO brands of AAC files, which neither libsndfile nor pedalboard can read.
_AAC = "AAC and MP4 are not read; convert it to .wav or .flac first, for example: ffmpeg -i IN.m4a OUT.wav"


def survey(file: BinaryIO, size: int) -> Survey | str:
    """The survey of an open file of that size, or the reason why it cannot be read."""
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
