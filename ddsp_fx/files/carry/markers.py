# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts cue points, their names and loops between WAV's and AIFF's chunks.

WAV: Microsoft's Multimedia Data Standards Update of 1994 (cue, adtl, smpl). AIFF: Apple's specification 1.3 of 1989
(MARK, INST). In AIFF a marker lies between two samples, and a loop runs from one marker to another.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ddsp_fx.files.carry.chunks import Chunk

# Ids have 16 bits in AIFF; no real file has more cue points than this.
_MOST = 10_000
_MIDDLE_C = 60
# smpl's loop types forward, alternating, backward -> INST's; AIFF has no backward loops.
_TO_MODE = {0: 1, 1: 2}
_FROM_MODE = {1: 0, 2: 1}


@dataclass
class Marks:
    """Positions in samples: named places, and loops (start, end after the last sample, whether it alternates)."""

    places: list[tuple[int, str]] = field(default_factory=list)
    loops: list[tuple[int, int, bool]] = field(default_factory=list)
    note: int = _MIDDLE_C

    def scaled(self, ratio: float) -> Marks:
        """The marks at another sample rate, limited to 32 bits, which is beyond the end of any file."""

        def at(place: int) -> int:
            return min(round(place * ratio), 0xFFFFFFFF)

        places = [(at(place), name) for place, name in self.places]
        return Marks(places, [(at(start), at(end), alt) for start, end, alt in self.loops], self.note)


@dataclass
class Converted:
    """Chunks of the other format, the ids of the chunks they replace, and descriptions of what they leave out."""

    chunks: list[Chunk] = field(default_factory=list)
    kept: set[bytes] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)


def to_aiff(chunks: Iterable[tuple[bytes, bytes, bool]], ratio: float) -> Converted:
    """Convert WAV's chunks to AIFF's, for audio at `ratio` times the rate."""
    content = {name: data for name, data, _ in chunks if name != b"LIST" or data[:4] == b"adtl"}
    marks = _from_wav(content)
    if not (marks.places or marks.loops):
        return Converted()
    scaled = marks.scaled(ratio)
    ids = {place: number for number, place in enumerate(_all_places(scaled), start=1)}
    made = [(b"MARK", struct.pack(">H", len(ids)) + b"".join(_mark(n, *place) for place, n in ids.items()))]
    if scaled.loops:
        made.append((b"INST", _inst(scaled, ids)))
    lost = ["lengths of labels (ltxt)"] if b"ltxt" in content.get(b"LIST", b"") else []
    # AIFF has one sustain loop and one release loop, neither backward; smpl may have any number.
    stated = struct.unpack_from("<I", content[b"smpl"], 28)[0] if len(content.get(b"smpl", b"")) >= 36 else 0
    lost += ["some loops (smpl)"] if stated > len(marks.loops[:2]) else []
    return Converted(made, {b"cue ", b"LIST", b"smpl"}, lost)


def to_wav(chunks: Iterable[tuple[bytes, bytes, bool]], ratio: float, rate: float) -> Converted:
    """The inverse of `to_aiff`; `rate` is the new file's, in Hz."""
    marks = _from_aiff({name: data for name, data, _ in chunks})
    if not (marks.places or marks.loops):
        return Converted()
    scaled = marks.scaled(ratio)
    points = [struct.pack("<II4sIII", n, at, b"data", 0, 0, at) for n, (at, _) in enumerate(scaled.places, start=1)]
    labels = b"".join(_label(number, name) for number, (_, name) in enumerate(scaled.places, start=1) if name)
    made: list[Chunk] = []
    if points:
        made.append((b"cue ", struct.pack("<I", len(points)) + b"".join(points)))
    if labels:
        made.append((b"LIST", b"adtl" + labels))
    if scaled.loops:
        made.append((b"smpl", _smpl(scaled, rate)))
    return Converted(made, {b"MARK", b"INST"})


def _from_wav(content: dict[bytes, bytes]) -> Marks:
    cue, marks = content.get(b"cue ", b""), Marks()
    names = _labels(content.get(b"LIST", b""))
    for place in range(4, min(len(cue), 4 + 24 * _MOST) - 23, 24):
        number, at = struct.unpack_from("<I", cue, place)[0], struct.unpack_from("<I", cue, place + 20)[0]
        marks.places.append((at, names.get(number, "")))
    smpl = content.get(b"smpl", b"")
    if len(smpl) >= 36:
        marks.note = min(struct.unpack_from("<I", smpl, 12)[0], 127)
        for place in range(36, len(smpl) - 23, 24):
            kind, start, end = struct.unpack_from("<III", smpl, place + 4)
            if kind in _TO_MODE:
                marks.loops.append((start, end + 1, kind == 1))
    return marks


def _labels(listed: bytes) -> dict[int, str]:
    """Names by cue point id, from a LIST of type adtl."""
    names: dict[int, str] = {}
    position = 4 if listed[:4] == b"adtl" else len(listed)
    while position + 12 <= len(listed):
        kind, length, number = struct.unpack_from("<4sII", listed, position)
        if kind == b"labl":
            text = listed[position + 12 : position + 8 + length]
            names[number] = text.split(b"\0")[0].decode("utf-8", "replace")
        position += 8 + length + length % 2
    return names


def _from_aiff(content: dict[bytes, bytes]) -> Marks:
    mark, marks, by_id, position = content.get(b"MARK", b""), Marks(), dict[int, int](), 2
    while position + 7 <= len(mark) and len(by_id) < _MOST:
        number, at, length = struct.unpack_from(">HIB", mark, position)
        by_id[number] = at
        marks.places.append((at, mark[position + 7 : position + 7 + length].decode("mac-roman")))
        position += 6 + length + 1 + (length + 1) % 2
    inst = content.get(b"INST", b"")
    if len(inst) >= 20:
        marks.note = inst[0] & 0x7F
        for mode, start, end in (struct.unpack_from(">HHH", inst, place) for place in (8, 14)):
            if mode in _FROM_MODE and start in by_id and end in by_id and by_id[end] > by_id[start]:
                marks.loops.append((by_id[start], by_id[end], mode == 2))
    return marks


def _all_places(marks: Marks) -> Sequence[tuple[int, str]]:
    """The places, named or not, and both ends of every loop that have no place yet."""
    known = {at for at, _ in marks.places}
    ends = dict.fromkeys(at for start, end, _ in marks.loops[:2] for at in (start, end) if at not in known)
    return list(dict.fromkeys([*marks.places, *((at, "") for at in ends)]))


def _mark(number: int, at: int, name: str) -> bytes:
    text = name.encode("mac-roman", "replace")[:255]
    padding = b"\0" * ((len(text) + 1) % 2)
    return struct.pack(">HIB", number, at, len(text)) + text + padding


def _inst(marks: Marks, ids: dict[tuple[int, str], int]) -> bytes:
    by_place = {at: number for (at, _), number in reversed(ids.items())}
    loops = [struct.pack(">HHH", 2 if alt else 1, by_place[a], by_place[b]) for a, b, alt in marks.loops[:2]]
    whole = struct.pack(">BbBBBBh", marks.note, 0, 0, 127, 1, 127, 0)
    return whole + b"".join(loops).ljust(12, b"\0")


def _label(number: int, name: str) -> bytes:
    content = struct.pack("<I", number) + name.encode("utf-8") + b"\0"
    return b"labl" + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _smpl(marks: Marks, rate: float) -> bytes:
    loops = [struct.pack("<6I", n, int(alt), a, max(b - 1, a), 0, 0) for n, (a, b, alt) in enumerate(marks.loops)]
    head = (0, 0, round(1e9 / rate), marks.note, 0, 0, 0, len(loops), 0)
    return struct.pack("<9I", *head) + b"".join(loops)
