# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes the parts found by a survey with libsndfile, one after another, as one stream.

Unlike pedalboard's decoders, libsndfile reports errors and removes an MP3's encoder delay. It reads `Pieces` with
correct sizes, so that a wrong header cannot mislead it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.errors import AudioError
from ddsp_fx.files.interrupts import uninterrupted
from ddsp_fx.files.names import printable
from ddsp_fx.files.pieces import Piece, Pieces

# Frames per call. A call with an error also holds the good frames before it; FLAC's own blocks are as long.
STEP = 4096


class PiecesDecoder:
    """Reads the sound of one file from start to end.

    Args:
        path: of the file.
        parts: what to decode, each a complete small file.

    Attributes:
        file: libsndfile's; its format, subtype, samplerate, channels and frames are those of the current part.
        trouble: the reason why reading stopped before the end, else empty.

    Raises AudioError if the first part cannot be read.
    """

    def __init__(self, path: Path, parts: Sequence[Sequence[Piece]]) -> None:
        self._path, self._parts = path, list(parts)
        self.trouble = ""
        self.file: Any = self._open(self._parts.pop(0))
        self.sample_rate, self.channels = float(self.file.samplerate), int(self.file.channels)

    @property
    def is_last(self) -> bool:
        """Whether the current part is the last one."""
        return not self._parts

    def _open(self, pieces: Sequence[Piece]) -> Any:
        import soundfile

        try:
            return sound_file(self._path, pieces)
        except (soundfile.SoundFileError, OSError, ValueError, TypeError):
            kind = printable(self._path.suffix) or "audio"
            raise AudioError(
                f"{printable(self._path)}: not an audio file that can be read (is it really {kind}?)"
            ) from None

    def read(self, n: int) -> Audio:
        """At most n frames and at most `STEP`, (channels, <= n); none at the end or after an error."""
        while self.file is not None:
            block = self._step(min(n, STEP))
            if block.shape[1]:
                return block
        return np.zeros((self.channels, 0), np.float32)

    def _step(self, n: int) -> Audio:
        import soundfile

        # Samples that an error leaves unfilled are still NaN; no decoder that can fail produces NaN.
        block = np.full((n, self.channels), np.nan, np.float32)
        try:
            with uninterrupted():
                done = len(self.file.read(out=block))
        except (soundfile.SoundFileError, OSError):
            # libFLAC mutes a frame with a wrong checksum, so zeros at the end are not the file's.
            sound = np.flatnonzero(np.nan_to_num(block).any(axis=1))
            done = int(sound[-1]) + 1 if sound.size else 0
            self.stop("what follows is damaged")
        else:
            if done < n:
                self._next()
        return np.ascontiguousarray(block[:done].T)

    def _next(self) -> None:
        self.close()
        if not self._parts:
            return
        self.file = self._open(self._parts.pop(0))
        rate, channels = float(self.file.samplerate), int(self.file.channels)
        if (rate, channels) != (self.sample_rate, self.channels):
            self.stop(f"another stream of {channels} channels at {rate:g} Hz follows")

    def stop(self, trouble: str) -> None:
        """Stop reading, for this reason."""
        self.trouble = trouble
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
            self.file = None


def sound_file(path: Path, pieces: Sequence[Piece]) -> Any:
    """One part as a `soundfile.SoundFile` that reads from start to end; raises soundfile's errors."""
    import soundfile

    class Stream(soundfile.SoundFile):  # type: ignore[misc]
        """soundfile seeks after each block of a seekable file, which fails in FLAC of unknown length."""

        def seekable(self) -> bool:
            return False

        def close(self) -> None:
            super().close()
            source.close()

    source = Pieces(path.open("rb"), pieces)
    try:
        with uninterrupted():
            return Stream(source)
    except BaseException:
        source.close()
        raise
