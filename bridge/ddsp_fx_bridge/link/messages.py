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
    """One line with its LF; raises EngineError if it is longer than the other side accepts."""
    text = "\t".join(_SPECIAL.sub(lambda match: _ESCAPES[match[0]], field) for field in fields) + "\n"
    # Bytes in a path that are not UTF-8 are sent as question marks.
    line = text.encode(errors="replace")
    if len(line) > MOST_BYTES:
        raise EngineError(f"the message {fields[0]!r} has {len(line)} bytes; the link carries {MOST_BYTES} at most")
    return line


def decode(line: bytes) -> list[str]:
    """The fields of a line without its LF; invalid UTF-8 becomes U+FFFD."""
    fields = line.decode(errors="replace").split("\t")
    return [_ESCAPED.sub(lambda match: _UNESCAPES.get(match[1], match[1]), field) for field in fields]


def number_text(value: float) -> str:
    """The format %.17g of C."""
    return f"{value:.17g}"


class LineReader:
    """Splits a stream that arrives in pieces into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """All complete messages; raises EngineError for a line that is invalid in this protocol."""
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            yield decode(line)
        if len(self._buffer) > MOST_BYTES:
            raise EngineError(f"a message of more than {MOST_BYTES} bytes: the other side uses another protocol")
