# SPDX-License-Identifier: GPL-3.0-or-later
"""MPEG audio: a chain of frames, and the Xing or Info tag with their number and the encoder's delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from ddsp_fx.files.pieces import Piece
from ddsp_fx.files.structure import MOST_ITEMS, Survey

# Bit rates in kbit/s by index; rows: MPEG-1 layers 1, 2, 3, MPEG-2 layer 1, layers 2 and 3 (ISO 11172-3, 13818-3).
_BITRATES = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True)
class FrameHeader:
    """One frame: size in bytes, length in samples, rate in Hz, channels."""

    length: int
    samples: int
    rate: int
    channels: int
    side: int


def header(data: bytes) -> FrameHeader | None:
    """Parse the first four bytes of a frame; None if they are not one."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    index, rate_index = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer == 4 or index in (0, 15) or rate_index == 3:
        return None
    generation = 1 if version == 3 else 2
    rate, bits = _RATES[version][rate_index], _BITRATES[generation, layer][index] * 1000
    padding, mono = data[2] >> 1 & 1, data[3] >> 6 == 3
    if layer == 1:
        return FrameHeader((12 * bits // rate + padding) * 4, 384, rate, 2 - mono, 0)
    samples = 576 if layer == 3 and generation == 2 else 1152
    side = (17 if mono else 32) if generation == 1 else (9 if mono else 17)
    return FrameHeader(samples // 8 * bits // rate + padding, samples, rate, 2 - mono, side)


def is_mp3(file: BinaryIO, start: int, size: int) -> bool:
    """Whether two consecutive frames of one rate start here, after optional padding."""
    file.seek(start)
    block = file.read(8192)
    lead = len(block) - len(block.lstrip(b"\0"))
    first = header(block[lead : lead + 4])
    if first is None:
        return False
    second = header(block[lead + first.length : lead + first.length + 4])
    return start + lead + first.length >= size or (second is not None and second.rate == first.rate)


@dataclass
class _Stream:
    """A chain of frames: its bytes, their number, the number in its tag, and whether the encoder's delay is stated."""

    start: int
    end: int
    first: FrameHeader
    promised: int | None = None
    delay: int | None = None
    padding: int = 0
    frames: int = 0
    last: int = 0


def survey_mp3(file: BinaryIO, start: int, size: int) -> Survey:
    """Survey MPEG-1 or 2, layers 1 to 3. Files that were joined end to end become separate parts."""
    streams, fault = _streams(file, start, size)
    promised, present = 0, 0
    for stream in streams:
        here = stream.frames * stream.first.samples
        trimmed = (stream.delay or 0) + stream.padding
        meant = here if stream.promised is None else stream.promised * stream.first.samples
        if stream.promised is not None and stream.frames < stream.promised and not fault:
            fault = f"{stream.frames} of {stream.promised} frames are there (cut short?)"
        promised += meant - trimmed
        present += max(0, min(here, meant) - (trimmed if here >= meant else stream.delay or 0))
    known = all(stream.delay is not None for stream in streams)
    parts = [_part(file, stream, bool(fault)) for stream in streams]
    total = promised if all(stream.promised is not None for stream in streams) else None
    if not streams:
        return Survey([[(start, size)]])
    return Survey(parts, "mp3", total, None if not fault else present, fault, delay_known=known)


def _part(file: BinaryIO, stream: _Stream, cut: bool) -> list[Piece]:
    """The stream. If truncated, with a tag for what is there, since the decoder warns on stderr about a wrong one."""
    if not cut or stream.promised is None:
        return [(stream.start, stream.end)]
    file.seek(stream.start)
    frame = bytearray(file.read(stream.first.length))
    tag = 4 + stream.first.side
    flags = int.from_bytes(frame[tag + 4 : tag + 8], "big")
    values = (stream.frames, stream.end - stream.start)
    present = [value for bit, value in zip((1, 2), values, strict=True) if flags & bit]
    for number, value in enumerate(present):
        frame[tag + 8 + 4 * number : tag + 12 + 4 * number] = value.to_bytes(4, "big")
    if stream.delay is not None:
        gapless = _gapless(flags, tag)
        frame[gapless + 1] &= 0xF0
        frame[gapless + 2] = 0
    return [bytes(frame), (stream.start + stream.first.length, stream.end)]


def _gapless(flags: int, tag: int) -> int:
    """The position of the three bytes with delay and padding; `tag` is the position of Xing or Info."""
    return tag + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1) + 21


def _streams(file: BinaryIO, start: int, size: int) -> tuple[list[_Stream], str]:
    streams: list[_Stream] = []
    position, fault = start, ""
    while position + 4 <= size:
        file.seek(position)
        head = file.read(4)
        frame = _fitting(header(head), streams)
        if frame is None:
            skipped = _tag_length(file, position) if streams else int(head[:1] == b"\0")
            position += skipped
            if skipped:
                continue
            fault = _stop(file, position, size)
            if fault:
                _drop_last(streams)
            break
        if position + frame.length > size:
            fault = "the file ends within a frame (cut short?)"
            break
        _add(file, streams, frame, position)
        position += frame.length
    return streams, fault


def _fitting(frame: FrameHeader | None, streams: list[_Stream]) -> FrameHeader | None:
    """The frame if it fits the stream: decoders ignore a frame of another rate or layer."""
    if frame is None or not streams:
        return frame
    first = streams[-1].first
    return frame if (frame.rate, frame.samples) == (first.rate, first.samples) else None


def _add(file: BinaryIO, streams: list[_Stream], frame: FrameHeader, position: int) -> None:
    """Add a frame to the last stream. A frame with a Xing or Info tag starts a new stream and has no sound."""
    tag = None
    file.seek(position)
    data = file.read(min(frame.length, 200))
    if data[4 + frame.side : 8 + frame.side] in (b"Xing", b"Info"):
        tag = _tag(data[4 + frame.side :])
    if (tag is not None and len(streams) < MOST_ITEMS) or not streams:
        streams.append(_Stream(position, position, frame, *(tag or (None, None, 0))))
    if tag is None:
        streams[-1].frames += 1
    streams[-1].last, streams[-1].end = position, position + frame.length


def _tag(data: bytes) -> tuple[int | None, int | None, int]:
    """(frames, encoder delay, padding) from a Xing or Info tag; the delay is None if no encoder states it."""
    flags = int.from_bytes(data[4:8], "big")
    count = int.from_bytes(data[8:12], "big") if flags & 1 else 0
    # An encoder that cannot return to its first frame writes a number that means nothing.
    frames = count if 0 < count < 0x7FFFFFFF else None
    place = _gapless(flags, 0)
    encoder, gapless = data[place - 21 : place - 12], data[place : place + 3]
    if not encoder.strip(b"\0 ") or len(gapless) < 3:
        return frames, None, 0
    return frames, gapless[0] << 4 | gapless[1] >> 4, (gapless[1] & 15) << 8 | gapless[2]


def _drop_last(streams: list[_Stream]) -> None:
    """Drop each stream's last frame, which is usually damaged too if the chain broke after it."""
    stream = streams[-1] if streams else None
    if stream is not None and stream.frames > 1:
        stream.frames -= 1
        stream.end = stream.last


def _tag_length(file: BinaryIO, position: int) -> int:
    """The length in bytes of a tag between or after frames, 0 if there is none."""
    file.seek(position)
    head = file.read(32)
    if head[:3] == b"TAG":
        return 128
    if head[:3] == b"ID3" and len(head) > 10 and max(head[6:10]) < 128:
        return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    if head[:8] == b"APETAGEX":
        return 32 + int.from_bytes(head[12:16], "little")
    return 0


def _stop(file: BinaryIO, position: int, size: int) -> str:
    """The reason why the chain stops before the file's end; empty if only padding or lyrics follow."""
    file.seek(position)
    rest = file.read(1 << 16)
    if rest[:11] == b"LYRICSBEGIN":
        return ""
    if not any(rest):
        # Many files end in a few zeros; more zeros are an unfinished copy.
        return "" if size - position < 4096 else f"nothing but zeros from byte {position} on (an unfinished copy?)"
    return f"its chain of frames is broken at byte {position}" if size - position > 512 else ""
