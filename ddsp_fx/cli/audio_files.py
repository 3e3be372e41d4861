# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio files in and out, with every failure one clear AudioError and no half-written output."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import AudioError

Audio = NDArray[np.float32]
WRITABLE = (".wav", ".flac", ".aiff", ".mp3", ".ogg")
READABLE = (*WRITABLE, ".aif")
# What pedalboard calls the samples of a file -> the depth that keeps them.
_DEPTHS = {"uint8": 16, "int16": 16, "int24": 24, "int32": 32, "float32": 32, "float64": 32}
_INTEGER_ONLY_16 = (".mp3", ".ogg")


class InputFile:
    """An audio file opened for reading; blocks are checked for NaN as they pass.

    Raises AudioError when it is missing, empty, or not audio.
    """

    def __init__(self, path: Path, channels: int | None = None, sample_rate: float | None = None) -> None:
        self.path = path
        self._file = _open(path)
        if self._file.frames == 0:
            raise AudioError(f"{path}: the file holds no audio (0 samples)")
        self.bit_depth = _DEPTHS.get(str(self._file.file_dtype), 24)
        native_rate = float(self._file.samplerate)
        self._file = self._file.resampled_to(sample_rate) if sample_rate not in (None, native_rate) else self._file
        self.sample_rate = float(sample_rate or native_rate)
        self.channels = channels or int(self._file.num_channels)
        if self._file.num_channels > 2 and channels is None:
            raise AudioError(f"{path}: has {self._file.num_channels} channels; 1 or 2 are handled, use --channels 2")
        self.frames = int(self._file.frames)
        self.position = 0

    def read(self, n: int) -> Audio:
        """The next n samples, (channels, <= n); raises AudioError with the place of a NaN or infinity."""
        try:
            block = self._file.read(n)
        except (OSError, RuntimeError, ValueError) as error:
            raise AudioError(
                f"{self.path}: cannot be read past {self._seconds(self.position)}: {_line(error)}"
            ) from None
        bad = np.argwhere(~np.isfinite(block))
        if bad.size:
            channel, sample = bad[np.argmin(bad[:, 1])]
            where = self._seconds(self.position + int(sample))
            raise AudioError(f"{self.path}: NaN or infinity at {where}, channel {channel + 1}; repair the file first")
        self.position += block.shape[1]
        return _fit_channels(np.asarray(block, np.float32), self.channels)

    def _seconds(self, sample: int) -> str:
        return f"{sample / self.sample_rate:.3f} s"

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def find_audio(place: Path) -> list[Path]:
    """The file, or the audio files anywhere in the folder; raises AudioError when there are none."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise AudioError(f"{place}: no such file or folder of recordings")
    files = sorted(path for path in place.rglob("*") if path.is_file())
    if not files:
        raise AudioError(f"{place}: the folder is empty; put recordings into it ({', '.join(READABLE)})")
    found = [path for path in files if path.suffix.lower() in READABLE and not path.name.startswith(".")]
    if not found:
        raise AudioError(f"{place}: holds {len(files)} files and no audio; expected {', '.join(READABLE)}")
    return found


def read_mono(path: Path, first_s: float | None = None, last_s: float | None = None) -> tuple[Audio, float]:
    """(samples,) and the rate in Hz of a file, channels averaged; all of it, its beginning, or its end.

    Raises AudioError as `InputFile` does.
    """
    file = InputFile(path, channels=1)
    try:
        whole = file.read(file.frames if first_s is None else round(first_s * file.sample_rate))[0]
    finally:
        file.close()
    start = 0 if last_s is None else max(0, whole.size - round(last_s * file.sample_rate))
    return whole[start:], file.sample_rate


def _open(path: Path) -> Any:
    from pedalboard.io import AudioFile

    if not path.exists():
        raise AudioError(f"{path}: no such file")
    if path.is_dir():
        raise AudioError(f"{path}: is a folder, not an audio file")
    if path.stat().st_size == 0:
        raise AudioError(f"{path}: the file is empty (0 bytes)")
    try:
        return AudioFile(str(path))
    except (OSError, ValueError, RuntimeError):
        if not os.access(path, os.R_OK):
            raise AudioError(f"{path}: no permission to read") from None
        raise AudioError(
            f"{path}: not an audio file that can be read (is it really {path.suffix or 'audio'}?)"
        ) from None


def _fit_channels(block: Audio, channels: int) -> Audio:
    if block.shape[0] == channels:
        return block
    if channels == 1:
        return np.asarray(block.mean(axis=0, keepdims=True), np.float32)
    return np.repeat(block, channels, axis=0) if block.shape[0] == 1 else block[:channels]


class Output:
    """What is being written, with its level."""

    def __init__(self, file: Any, is_float: bool) -> None:
        self._file = file
        self._is_float = is_float
        self.samples, self.peak, self.clipped = 0, 0.0, 0

    def write(self, block: Audio) -> None:
        """Append (channels, n)."""
        if not block.shape[1]:
            return
        size = np.abs(block)
        self.peak = max(self.peak, float(size.max()))
        self.clipped += 0 if self._is_float else int((size > 1.0).sum())
        self._file.write(block)
        self.samples += block.shape[1]


@contextmanager
def output_file(path: Path, sample_rate: float, channels: int, bit_depth: int) -> Iterator[Output]:
    """A file that appears under its name only when all of it is on disk; raises AudioError."""
    from pedalboard.io import AudioFile

    check_output(path)
    depth = (
        16 if path.suffix.lower() in _INTEGER_ONLY_16 else min(bit_depth, 24 if path.suffix.lower() != ".wav" else 32)
    )
    handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with AudioFile(name, "w", sample_rate, channels, bit_depth=depth) as file:
            output = Output(file, is_float=depth == 32)
            yield output
        _check_written(temporary, output.samples)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise AudioError(f"{path}: cannot be written: {_line(error)}") from None
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: Path) -> None:
    """Raises AudioError when nothing can be written under that name."""
    if path.suffix.lower() not in WRITABLE:
        raise AudioError(f"{path}: unknown output format {path.suffix!r}; use {', '.join(WRITABLE)}")
    if not path.parent.is_dir():
        raise AudioError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise AudioError(f"{path}: is a folder; name a file")
    if not os.access(path.parent, os.W_OK):
        raise AudioError(f"{path}: no permission to write in {path.parent}")


def _check_written(path: Path, samples: int) -> None:
    """A full disk makes some encoders drop samples without an error, so what is on disk is counted."""
    from pedalboard.io import AudioFile

    with AudioFile(str(path)) as file:
        if file.frames < samples:
            raise AudioError(f"only {file.frames} of {samples} samples reached the disk; is it full?")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
