# SPDX-License-Identifier: GPL-3.0-or-later
"""One second of a mono voice, 16 bit, in hand-made containers whose headers may state any number of frames."""

import struct

from files.sounds import RATE, chunk, fmt, pcm16, voice

SOUND = voice()
FRAMES = SOUND.shape[1]
LITTLE = pcm16(SOUND)
_W64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")


def big_endian(data: bytes) -> bytes:
    """16-bit samples in the other byte order."""
    return b"".join(data[at + 1 : at + 2] + data[at : at + 1] for at in range(0, len(data), 2))


BIG = big_endian(LITTLE)


def wav(frames: int, after: bytes = b"") -> bytes:
    body = b"WAVE" + fmt() + chunk(b"data", LITTLE, 2 * frames) + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def rifx(frames: int, after: bytes = b"") -> bytes:
    head = b"fmt " + struct.pack(">IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVE" + head + b"data" + struct.pack(">I", 2 * frames) + BIG + after
    return b"RIFX" + struct.pack(">I", len(body)) + body


def rf64(frames: int, after: bytes = b"") -> bytes:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, 2 * frames, frames, 0))
    return b"RF64\xff\xff\xff\xffWAVE" + ds64 + fmt() + chunk(b"data", LITTLE, 0xFFFFFFFF) + after


def w64_chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    length = len(content) if size is None else size
    guid = name + _W64 if len(name) == 4 else name
    return guid + struct.pack("<Q", 24 + length) + content + b"\0" * (-len(content) % 8)


def w64(frames: int, after: bytes = b"") -> bytes:
    head = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"wave" + _W64 + w64_chunk(b"fmt ", head) + w64_chunk(b"data", LITTLE, 2 * frames) + after
    return bytes.fromhex("726966662e91cf11a5d628db04c10000") + struct.pack("<Q", 24 + len(body)) + body


def aiff(frames: int, after: bytes = b"") -> bytes:
    return aiff_of(frames, 2 * frames, after)


def aiff_of(frames: int, sound_bytes: int, after: bytes = b"") -> bytes:
    """An AIFF whose COMM and SSND may state different lengths."""
    common = b"COMM" + struct.pack(">IhIh", 18, 1, frames, 16) + b"\x40\x0d" + struct.pack(">H", RATE << 1) + bytes(6)
    body = b"AIFF" + common + b"SSND" + struct.pack(">III", 8 + sound_bytes, 0, 0) + BIG + after
    return b"FORM" + struct.pack(">I", len(body)) + body


def caf(frames: int, after: bytes = b"", before: bytes = b"", channels: int = 1, sound: bytes = BIG) -> bytes:
    """A CAF; -1 frames for a stream."""
    size = -1 if frames < 0 else 4 + 2 * channels * frames
    desc = caf_chunk(b"desc", struct.pack(">d4sIIIII", RATE, b"lpcm", 0, 2 * channels, 1, channels, 16))
    return b"caff\0\1\0\0" + desc + before + b"data" + struct.pack(">q", size) + bytes(4) + sound + after


def caf_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">q", len(content)) + content


def au(frames: int, after: bytes = b"") -> bytes:
    return b".snd" + struct.pack(">5I", 24, 2 * frames, 3, RATE, 1) + BIG + after


ALL = {"wav": wav, "rifx.wav": rifx, "rf64": rf64, "w64": w64, "aiff": aiff, "caf": caf, "au": au}
