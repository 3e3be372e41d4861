# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files as text that any console, log and JSON file can hold."""

from __future__ import annotations

import os
import unicodedata

# Line ends, escapes and other controls; surrogates of undecodable bytes.
_UNSAFE = ("Cc", "Cs", "Zl", "Zp")
# What turns the direction of text around: a name could pose as another. Joiners of scripts and emoji stay.
_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def printable(name: str | os.PathLike[str]) -> str:
    """The name with whatever a console can't show, or would obey, as an escape: "a\\nb" for a line end within."""
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSAFE or c in _TURNS else c for c in os.fspath(name))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # os.fsdecode keeps a byte that is no UTF-8 as a surrogate: show the byte.
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
