# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns user-given names into parts of an address."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Characters that OSC 1.0 forbids in an address, and everything outside printable ASCII.
_REFUSED = re.compile(r"[^!-~]|[#*,/?\[\]{}]")
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
