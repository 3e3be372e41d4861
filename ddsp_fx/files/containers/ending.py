# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows the end stated in a header: padding, tags, another file, or more sound."""

from __future__ import annotations

from typing import BinaryIO

CUT = "the file ends before its samples do (cut short?)"
GOES_ON = "it goes on after the end that its header states (still being recorded?)"
ANOTHER = "another file follows its end, and is not read"
# Taggers append ID3v1 (128 bytes) or a little padding. More bytes than this are sound or another file.
TRAILER = 4096
# Chunks that may follow the samples. One of these names with a size beyond the file's end is a truncated chunk; any
# other four letters may be sound.
CHUNKS = (
    b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"axml", b"chna", b"cue ", b"smpl", b"inst", b"acid", b"plst", b"_PMX",
    b"JUNK", b"PAD ", b"FLLR", b"PEAK", b"levl", b"umid", b"DISP", b"strc", b"LGWV", b"minf", b"elm1", b"regn",
    b"MARK", b"INST", b"COMT", b"APPL", b"MIDI", b"AESD", b"NAME", b"AUTH", b"(c) ", b"ANNO", b"CHAN", b"SAXL",
    b"basc", b"trns", b"cate",
)  # fmt: skip


def after_the_end(file: BinaryIO, end: int, size: int) -> str:
    """The fault in the bytes from `end` on: GOES_ON if they are sound, ANOTHER if they are a file, or ""."""
    if size - end < TRAILER:
        return ""
    file.seek(end)
    after = file.read(TRAILER)
    if after[:4] in (b"RIFF", b"RF64", b"FORM", b"caff", b".snd"):
        return ANOTHER
    return GOES_ON if any(after) and after[:3] not in (b"TAG", b"ID3", b"APE") else ""
