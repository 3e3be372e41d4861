# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages on the socket: lines of fields (docs/link.md, "Messages")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ddsp_fx.errors import EngineError

VERSION = 1
MOST_BYTES = 1 << 20
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def encode(fields: Sequence[str]) -> bytes:
    """One line with its LF; raises EngineError when it is longer than the other side reads."""
    text = "\t".join(_SPECIAL.sub(lambda match: _ESCAPES[match[0]], field) for field in fields) + "\n"
    # A path's bytes that are not UTF-8 arrive as question marks.
    line = text.encode(errors="replace")
    if len(line) > MOST_BYTES:
        raise EngineError(f"the message {fields[0]!r} has {len(line)} bytes; the link carries {MOST_BYTES} at most")
    return line


def decode(line: bytes) -> list[str]:
    """The fields of a line without its LF; what is not UTF-8 becomes U+FFFD."""
    fields = line.decode(errors="replace").split("\t")
    return [_ESCAPED.sub(lambda match: _UNESCAPES.get(match[1], match[1]), field) for field in fields]


def number_text(value: float) -> str:
    """As C's %.17g writes it."""
    return f"{value:.17g}"


class LineReader:
    """Messages from a stream that arrives in pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """Every message that is complete; raises EngineError for a line that no peer of this protocol sends."""
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            yield decode(line)
        if len(self._buffer) > MOST_BYTES:
            raise EngineError(f"a message of more than {MOST_BYTES} bytes: whoever is there speaks another protocol")
