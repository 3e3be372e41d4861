# SPDX-License-Identifier: GPL-3.0-or-later
"""Ogg: pages with checksums and sequence numbers, in one stream or a chain of several."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from ddsp_fx.files.structure import MOST_ITEMS, Survey

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FIRST, _LAST = 2, 4
_LARGEST_PAGE = 65307


@dataclass
class _Link:
    """One logical stream: its bytes, the sequence number of its last page, and whether it has ended.

    `begins` is True while only first pages have been seen.
    """

    start: int
    end: int
    serial: int
    number: int = 0
    ended: bool = False
    begins: bool = True


class _Page(NamedTuple):
    length: int
    flags: int
    serial: int
    number: int


def survey_ogg(file: BinaryIO, start: int, size: int) -> Survey:
    """Survey Vorbis, Opus or FLAC in Ogg; every link of a chain becomes a separate part."""
    links: list[_Link] = []
    position, fault = start, ""
    while position < size and not fault:
        page = _page(file, position)
        if page is None:
            fault = "a page of it is damaged" if _more_pages(file, position + 1) else _ending(file, position, size)
            break
        fault = _place(links, position, page)
        if not fault:
            position += page.length
    if not fault and links and not links[-1].ended:
        fault = "its last page is missing (cut short, or still being recorded?)"
    promised = _promise(file, links[0].start, size) if fault and len(links) == 1 else None
    return Survey([[(link.start, link.end)] for link in links] or [[(start, size)]], "ogg", promised, fault=fault)


def _promise(file: BinaryIO, start: int, size: int) -> int | None:
    """The end position in the last page, if that page of a damaged file exists; positions start at 0.

    Vorbis counts samples. Opus counts at its decoding rate, 48 kHz, and includes its pre-skip.
    """
    file.seek(start)
    head = file.read(512)
    opus = head.find(b"OpusHead")
    skipped = int.from_bytes(head[opus + 10 : opus + 12], "little") if opus >= 0 else 0
    begin = max(start, size - _LARGEST_PAGE)
    file.seek(begin)
    place = file.read(_LARGEST_PAGE).rfind(b"OggS")
    page = _page(file, begin + place) if place >= 0 else None
    if page is None or not page.flags & _LAST or not (opus >= 0 or b"vorbis" in head):
        return None
    file.seek(begin + place + 6)
    return int.from_bytes(file.read(8), "little") - skipped


def _page(file: BinaryIO, position: int) -> _Page | None:
    """The page at a position, None unless it is complete and undamaged."""
    file.seek(position)
    head = file.read(27)
    if len(head) < 27 or head[:4] != b"OggS":
        return None
    table = file.read(head[26])
    body = file.read(sum(table))
    if len(table) < head[26] or len(body) < sum(table):
        return None
    flags, serial, number, checksum = head[5], *struct.unpack("<III", head[14:26])
    if _checksum(head[:22] + bytes(4) + head[26:] + table + body) != checksum:
        return None
    return _Page(27 + len(table) + len(body), flags, serial, number)


def _checksum(page: bytes) -> int:
    """Ogg's CRC, which is zlib's without reflection and inversion (RFC 3533, section 6)."""
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


def _place(links: list[_Link], position: int, page: _Page) -> str:
    """Add a page to its link or start a new one; returns the fault in its position, if any."""
    link = links[-1] if links else None
    first, last = bool(page.flags & _FIRST), bool(page.flags & _LAST)
    # Parallel streams (a skeleton, a video) all start before any continues: they form one link.
    if first and not (link is not None and link.begins):
        if len(links) >= MOST_ITEMS:
            return f"over {MOST_ITEMS} streams are joined in it"
        links.append(_Link(position, position + page.length, page.serial, page.number, last))
        return ""
    if link is None:
        return "it begins in the middle of a stream"
    if page.serial == link.serial:
        if page.number != link.number + 1:
            return f"pages {link.number + 1} to {page.number - 1} of it are missing"
        link.number, link.ended = page.number, last
    link.begins, link.end = first, position + page.length
    return ""


def _more_pages(file: BinaryIO, position: int) -> bool:
    """Whether another page follows."""
    tail = b""
    file.seek(position)
    while block := file.read(1 << 16):
        if b"OggS" in tail + block:
            return True
        tail = block[-3:]
    return False


def _ending(file: BinaryIO, position: int, size: int) -> str:
    file.seek(max(position, size - 256))
    if not any(file.read(256)):
        return f"nothing but zeros somewhere after byte {position} (an unfinished copy?)"
    return "the file ends within a page (cut short, or still being recorded?)"
