# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes audio files: a file appears under its name only when it is complete on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.errors import AudioError
from ddsp_fx.files.interrupts import uninterrupted
from ddsp_fx.files.names import printable
from ddsp_fx.files.reader import AudioReader
from ddsp_fx.files.replace import check_replaceable, replacing

WRITABLE = (".wav", ".flac", ".aiff", ".mp3", ".ogg")
_INTEGER_ONLY_16 = (".mp3", ".ogg")
_MOST_CHANNELS = {".mp3": 2, ".ogg": 2, ".flac": 8, ".aiff": 64, ".wav": 64}


class Output:
    """The file being written, and its level.

    Args:
        file: pedalboard's.
        name: of the file, for errors.
        is_float: samples above 1 are kept.
        integer_bits: of samples that are stored exactly, 0 for floats and lossy formats.
    """

    def __init__(self, file: Any, name: str, is_float: bool, integer_bits: int = 0) -> None:
        self._file, self._name, self._is_float, self._bits = file, name, is_float, integer_bits
        self.samples, self.peak, self.clipped = 0, 0.0, 0

    def write(self, block: Audio) -> None:
        """Append (channels, n); raises AudioError."""
        if not block.shape[1]:
            return
        size = np.abs(block)
        self.peak = max(self.peak, float(size.max()))
        self.clipped += 0 if self._is_float else int((size > 1.0).sum())
        with _failing(self._name), uninterrupted():
            self._file.write(_for_truncation(block, self._bits) if self._bits else block)
        self.samples += block.shape[1]


def _for_truncation(block: Audio, bits: int) -> Audio:
    """Round to the step of that many bits, and add half a step: pedalboard truncates, which would change every other
    sample of unprocessed audio. (q + 0.5) / 2^23 is exact in float32 for every 24-bit q.
    """
    steps = float(1 << (bits - 1))
    rounded = np.clip(np.rint(block.astype(np.float64) * steps), -steps, steps - 1.0)
    return ((rounded + 0.5) / steps).astype(np.float32)


@contextmanager
def output_file(
    path: Path, sample_rate: float, channels: int, bit_depth: int, finish: Callable[[Path], None] | None = None
) -> Iterator[Output]:
    """Yields an output that replaces the file of that name when complete; raises AudioError.

    Args:
        path: its suffix decides the format.
        sample_rate: in Hz.
        channels: of all blocks.
        bit_depth: 16, 24 or 32; 32 is float in .wav.
        finish: called with the temporary file when all sound is written, to add metadata.
    """
    check_output(path, channels)
    suffix = path.suffix.lower()
    depth = 16 if suffix in _INTEGER_ONLY_16 else min(bit_depth, 24 if suffix != ".wav" else 32)
    with replacing(path) as temporary:
        with _encoder(temporary, printable(path), sample_rate, channels, depth) as output:
            yield output
        with _failing(printable(path)):
            _check_written(temporary, output.samples)
            if finish is not None:
                finish(temporary)


@contextmanager
def _encoder(temporary: Path, name: str, sample_rate: float, channels: int, depth: int) -> Iterator[Output]:
    from pedalboard.io import AudioFile

    suffix = temporary.suffix.lower()
    stored = 0 if depth == 32 or suffix in _INTEGER_ONLY_16 else depth
    # A file object, because pedalboard accepts only names in UTF-8.
    with temporary.open("rb+") as raw:
        with _failing(name), uninterrupted():
            file = AudioFile(raw, "w", sample_rate, channels, bit_depth=depth, format=suffix[1:])
        try:
            yield Output(file, name, is_float=depth == 32, integer_bits=stored)
        finally:
            with _failing(name), uninterrupted():
                file.close()


@contextmanager
def _failing(name: str) -> Iterator[None]:
    """Turn an encoder's errors into AudioError about the output."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise AudioError(f"{name}: cannot be written: {' '.join(str(error).split())}") from None


def check_output(path: Path, channels: int = 1) -> None:
    """Raises AudioError if nothing can be written under that name."""
    name, suffix = printable(path), path.suffix.lower()
    if suffix not in WRITABLE:
        raise AudioError(f"{name}: unknown output format {printable(path.suffix)!r}; use {', '.join(WRITABLE)}")
    if channels > _MOST_CHANNELS[suffix]:
        most = _MOST_CHANNELS[suffix]
        raise AudioError(f"{name}: {suffix} takes {most} channels, but there are {channels}; use .wav or --channels 2")
    check_replaceable(path)


def _check_written(path: Path, samples: int) -> None:
    """Count the samples on disk, because some encoders drop samples without an error when the disk is full."""
    if not samples:
        return
    with AudioReader(path, salvage=True, trust_silence=True) as file:
        there = file.frames
    if there is not None and there < samples:
        raise AudioError(f"only {there} of {samples} samples reached the disk; is it full?")
