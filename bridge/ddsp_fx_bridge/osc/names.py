# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns user-given names into parts of an address."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What an address may not hold, by OSC 1.0, and anything outside printable ASCII.
_REFUSED = re.compile(r"[^!-~]|[#*,/?\[\]{}]")
# The words that stand beside slots below a track.
RESERVED = frozenset(
    {"mix", "bypass", "board", "take", "meter", "latency", "slots", "id", "ids", "hearing", "faults", "reset"}
)


def address_parts(names: Iterable[str]) -> list[str]:
    """Each character that an address may not hold becomes _, a word that means something else gets a _, and of two
    that are then the same the second becomes NAME-2."""
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
