# SPDX-License-Identifier: GPL-3.0-or-later
"""A read-only file of bytes and parts of another file, so that a decoder sees correct headers."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from typing import BinaryIO

# Bytes, or (start, end) in the underlying file.
Piece = bytes | tuple[int, int]


class Pieces(io.RawIOBase):
    """Reads the pieces one after another; only their own bytes are in memory.

    Args:
        file: opened for reading in binary; closed together with this one.
        pieces: in order.
    """

    def __init__(self, file: BinaryIO, pieces: Sequence[Piece]) -> None:
        super().__init__()
        self._file, self._pieces = file, [piece for piece in pieces if _length(piece)]
        self._starts = [0]
        for piece in self._pieces:
            self._starts.append(self._starts[-1] + _length(piece))
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Position in bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As for every file; positions outside are clipped."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = min(max(base + offset, 0), self._starts[-1])
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as the data goes."""
        target, done = memoryview(buffer).cast("B"), 0
        while done < len(target) and self._position < self._starts[-1]:
            got = self._part(len(target) - done)
            if not got:
                break
            target[done : done + len(got)] = got
            done += len(got)
            self._position += len(got)
        return done

    def _part(self, n: int) -> bytes:
        index = bisect_right(self._starts, self._position) - 1
        piece, inside = self._pieces[index], self._position - self._starts[index]
        n = min(n, _length(piece) - inside)
        if isinstance(piece, bytes):
            return piece[inside : inside + n]
        self._file.seek(piece[0] + inside)
        return self._file.read(n)

    def close(self) -> None:
        """Close both files."""
        self._file.close()
        super().close()


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
