# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio files made for tests, byte by byte where a header must be wrong."""

import io
import struct
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile

from ddsp_fx.array_types import Audio
from ddsp_fx.files.input import InputFile, Taking, read_some

RATE = 22050
FORMATS = ("wav", "flac", "aiff", "mp3", "ogg")


def voice(seconds: float = 1.0, rate: int = RATE, channels: int = 1) -> Audio:
    """A vibrato tone with a little noise, so that no part is silent or repeats."""
    t = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(330.0 + 6.0 * np.sin(2 * np.pi * 5.0 * t)) / rate
    tone = 0.2 * sum(np.sin(k * phase) / k for k in range(1, 8))
    noise = np.random.default_rng(1).standard_normal((channels, t.size))
    return (tone + 0.001 * noise).astype(np.float32)


def encoded(audio: Audio, kind: str, rate: int = RATE, depth: int = 16) -> bytes:
    buffer = io.BytesIO()
    with AudioFile(buffer, "w", rate, audio.shape[0], bit_depth=depth, format=kind) as file:
        file.write(audio)
    return buffer.getvalue()


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    length = len(content) if size is None else size
    return name + struct.pack("<I", length) + content + b"\0" * (len(content) % 2)


def fmt(channels: int = 1, rate: int = RATE, mask: int | None = None) -> bytes:
    """A fmt chunk for 16 bit; with a mask, WAVE_FORMAT_EXTENSIBLE."""
    block = 2 * channels
    if mask is None:
        return chunk(b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, 16))
    head = struct.pack("<HHIIHHHHI", 0xFFFE, channels, rate, rate * block, block, 16, 22, 16, mask)
    return chunk(b"fmt ", head + bytes.fromhex("0100000000001000800000aa00389b71"))


def wave(*chunks: bytes, size: int | None = None) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content) if size is None else size) + content


def pcm16(audio: Audio) -> bytes:
    return np.round(audio.T * 32767).astype("<i2").tobytes()


def read(path: Path, salvage: bool = False, **how: object) -> tuple[Audio, InputFile]:
    with InputFile(path, taking=Taking(channels="keep", salvage=salvage, **how)) as file:  # type: ignore[arg-type]
        return read_some(file), file
