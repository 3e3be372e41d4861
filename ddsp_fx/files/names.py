# SPDX-License-Identifier: GPL-3.0-or-later
"""File names as text that is safe in any console, log or JSON file."""

from __future__ import annotations

import os
import unicodedata

# Line ends, escapes and other controls; surrogates for undecodable bytes.
_UNSAFE = ("Cc", "Cs", "Zl", "Zp")
# Characters that change the text's direction: a name could pose as another. Joiners of scripts and emoji stay.
_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def printable(name: str | os.PathLike[str]) -> str:
    """The name with characters that a console cannot show, or would obey, as escapes: "a\\nb" for a line end."""
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSAFE or c in _TURNS else c for c in os.fspath(name))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # os.fsdecode keeps a byte that is not UTF-8 as a surrogate: show the byte.
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
