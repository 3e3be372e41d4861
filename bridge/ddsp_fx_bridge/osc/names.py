# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns user-given names into parts of an address."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Characters that OSC 1.0 forbids in an address, and everything outside printable ASCII.
_REFUSED = re.compile(r"[^!-~]|[#*,/?\[\]{}]")
_NOT_IN_IDS = re.compile(rf"{_REFUSED.pattern}|=")
# Words next to slots in the addresses of a track.
RESERVED = frozenset(
    {"mix", "bypass", "board", "take", "meter", "latency", "slots", "id", "ids", "hearing", "faults", "reset"}
)


def address_parts(names: Iterable[str]) -> list[str]:
    """Replace characters that addresses may not contain by _, and append _ to reserved words; of two names
    that are then equal, the second becomes NAME-2."""
    parts: list[str] = []
    for name in names:
        part = _REFUSED.sub("_", name) or "_"
        part = f"{part}_" if part in RESERVED else part
        free, count = part, 1
        while free in parts:
            count += 1
            free = f"{part}-{count}"
        parts.append(free)
    return parts


def id_part(slot_id: str) -> str:
    """An id as a part of an address: characters that addresses may not contain become = and two hexadecimal digits.

    It depends on no other slot: two ids never get the same part, and an edit of the board changes none of them.
    """
    return _NOT_IN_IDS.sub(lambda found: _hexadecimal(found[0]), slot_id)


def _hexadecimal(letter: str) -> str:
    return "".join(f"={byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))
