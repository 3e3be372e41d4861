# SPDX-License-Identifier: GPL-3.0-or-later
"""Ogg: pages with checksums and running numbers; one stream, or several in a chain."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from ddsp_fx.files.survey import MOST_ITEMS, Survey

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FIRST, _LAST = 2, 4


@dataclass
class _Link:
    """One logical stream: its bytes, its last page's number, and whether its end was marked."""

    start: int
    end: int
    serial: int
    number: int = 0
    ended: bool = False


class _Page(NamedTuple):
    length: int
    flags: int
    serial: int
    number: int


def survey_ogg(file: BinaryIO, start: int, size: int) -> Survey:
    """Vorbis, Opus or FLAC in Ogg; every link of a chain is a part of its own."""
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
    return Survey([[(link.start, link.end)] for link in links] or [[(start, size)]], "ogg", fault=fault)


def _page(file: BinaryIO, position: int) -> _Page | None:
    """The page at a place, None where there is no whole and sound one."""
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
    """Ogg's CRC is zlib's without its reflection and its inversions (RFC 3533, section 6)."""
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


def _place(links: list[_Link], position: int, page: _Page) -> str:
    """Add a page to its link, or begin a new one; what is wrong with its place."""
    length, flags, serial, number = page
    link = links[-1] if links else None
    if flags & _FIRST and (link is None or link.ended or link.serial != serial):
        if len(links) >= MOST_ITEMS:
            return f"over {MOST_ITEMS} streams are joined in it"
        links.append(_Link(position, position + length, serial, number, bool(flags & _LAST)))
        return ""
    if link is None:
        return "it begins in the middle of a stream"
    if serial == link.serial:
        if number != link.number + 1:
            return f"pages {link.number + 1} to {number - 1} of it are missing"
        link.number, link.ended = number, bool(flags & _LAST)
    link.end = position + length
    return ""


def _more_pages(file: BinaryIO, position: int) -> bool:
    """Is there another page later on?"""
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
