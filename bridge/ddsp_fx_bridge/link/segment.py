# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared memory between one plugin and the engine (docs/link.md, "The segment")."""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.base import RATE_RANGE_HZ
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.link.atomics import load_u32, load_u64, store_u32, store_u64
from ddsp_fx_bridge.link.futex import Futex

MAGIC, VERSION = 0x31584644, 1
HEADER = struct.Struct("<IIQIIdII")
EVENTS_OFFSET = 256
EVENT = np.dtype([("position", "<u8"), ("value", "<f8"), ("slot", "<u4"), ("zero", "<u4")])
RING_FRAMES, EVENT_SLOTS = (1024, 1 << 20), (64, 1 << 16)
_COUNT = (1 << 48) - 1


class Tagged(NamedTuple):
    """A position with its epoch."""

    epoch: int
    position: int


def tag(epoch: int, position: int) -> int:
    """The stored form."""
    return epoch << 48 | position


def untag(word: int) -> Tagged:
    """The inverse of `tag`."""
    return Tagged(word >> 48, word & _COUNT)


def _aligned(offset: int) -> int:
    return -(-offset // 64) * 64


@dataclass(frozen=True)
class Header:
    """The settings that the plugin fixed when it created the segment."""

    channels: int
    ring_frames: int
    sample_rate: float
    link_latency: int = 0
    event_slots: int = 4096

    @property
    def input_offset(self) -> int:
        """Offset of the input's ring, in bytes."""
        return _aligned(EVENTS_OFFSET + self.event_slots * EVENT.itemsize)

    @property
    def output_offset(self) -> int:
        """Offset of the output's ring, in bytes."""
        return _aligned(self.input_offset + self._ring_bytes)

    @property
    def size(self) -> int:
        """Size of the whole segment, in bytes."""
        return self.output_offset + self._ring_bytes

    @property
    def _ring_bytes(self) -> int:
        return 4 * self.channels * self.ring_frames

    def pack(self) -> bytes:
        """The bytes at the start of the segment."""
        return HEADER.pack(
            MAGIC,
            VERSION,
            self.size,
            self.channels,
            self.ring_frames,
            self.sample_rate,
            self.link_latency,
            self.event_slots,
        )

    @classmethod
    def unpack(cls, data: bytes, size: int) -> Header:
        """The header, checked against a file of `size` bytes; raises EngineError."""
        if len(data) < HEADER.size:
            raise EngineError(f"the plugin's segment has {len(data)} bytes, too few for a header")
        magic, version, told, channels, frames, rate, latency, slots = HEADER.unpack_from(data)
        _within("magic", magic, MAGIC, MAGIC)
        _within("version", version, VERSION, VERSION)
        _within("channels", channels, 1, 2)
        _within("ring_frames", frames, *RING_FRAMES, power=True)
        _within("event_slots", slots, *EVENT_SLOTS, power=True)
        _within("sample_rate", rate, *RATE_RANGE_HZ)
        _within("link_latency", latency, 0, frames)
        header = cls(channels, frames, rate, latency, slots)
        _within("size", told, header.size, size)
        return header


def _within(name: str, value: float, low: float, high: float, power: bool = False) -> None:
    if not low <= value <= high or (power and int(value) & (int(value) - 1)):
        kind = "a power of two, " if power else ""
        raise EngineError(f"the segment's {name} is {value:.17g}; expected {kind}{low:.17g} to {high:.17g}")


class _Word:
    """An aligned word of the segment. Accesses are atomic; loads acquire and stores release (`atomics`)."""

    def __init__(self, offset: int, wide: bool = False) -> None:
        self._index, self._wide = offset // (8 if wide else 4), wide

    def __get__(self, segment: Segment, owner: type[Segment] | None = None) -> int:
        return load_u64(segment.u64, self._index) if self._wide else load_u32(segment.u32, self._index)

    def __set__(self, segment: Segment, value: int) -> None:
        if self._wide:
            store_u64(segment.u64, self._index, value)
        else:
            store_u32(segment.u32, self._index, value & 0xFFFFFFFF)


class Segment:
    """Views of the memory behind a file descriptor, which the caller must close.

    Raises EngineError if the memory is not such a segment.
    """

    def __init__(self, descriptor: int) -> None:
        # Windows has no fcntl, but `serve` imports this module for its other doors too.
        import fcntl

        try:
            # If the file could shrink, this process could be killed by SIGBUS.
            if not fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
                raise EngineError("the segment is not sealed against shrinking; expected F_SEAL_SHRINK")
            size = os.fstat(descriptor).st_size
            self.header = header = Header.unpack(os.pread(descriptor, HEADER.size, 0), size)
            self._map = mmap.mmap(descriptor, header.size)
        except (OSError, ValueError) as error:
            raise EngineError(f"the plugin's segment cannot be mapped: {error}; expected a sealed memfd") from None
        whole = np.frombuffer(self._map, np.uint8)
        self.u64, self.u32 = whole[:256].view("<u8"), whole[:256].view("<u4")
        events = whole[EVENTS_OFFSET : EVENTS_OFFSET + header.event_slots * EVENT.itemsize]
        self.events = events.view(EVENT)
        rings = (header.channels, header.ring_frames)
        self._input = self._ring(whole, header.input_offset).reshape(rings)
        self._output = self._ring(whole, header.output_offset).reshape(rings)
        self.input_futex = Futex(whole.ctypes.data + 72)
        self.output_futex = Futex(whole.ctypes.data + 144)

    @classmethod
    def create(cls, header: Header) -> tuple[Segment, int]:
        """Create a segment as a plugin does; returns it and its file descriptor."""
        import fcntl

        descriptor = os.memfd_create("ddsp-fx link", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, header.size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        os.pwrite(descriptor, header.pack(), 0)
        return cls(descriptor), descriptor

    def _ring(self, whole: NDArray[np.uint8], offset: int) -> NDArray[np.float32]:
        return whole[offset : offset + 4 * self.header.channels * self.header.ring_frames].view("<f4")

    input_end = _Word(64, wide=True)
    input_signal = _Word(72)
    offline = _Word(76)
    event_write = _Word(80)
    output_from = _Word(128, wide=True)
    output_end = _Word(136, wide=True)
    output_signal = _Word(144)
    event_read = _Word(148)
    overruns = _Word(152)

    def read_input(self, position: int, frames: int) -> Audio:
        """(channels, frames), copied."""
        return self._read(self._input, position, frames)

    def read_output(self, position: int, frames: int) -> Audio:
        """(channels, frames), copied."""
        return self._read(self._output, position, frames)

    def write_input(self, position: int, block: Audio) -> None:
        """(channels, frames)."""
        self._write(self._input, position, block)

    def write_output(self, position: int, block: Audio) -> None:
        """(channels, frames)."""
        self._write(self._output, position, block)

    def _read(self, ring: Audio, position: int, frames: int) -> Audio:
        start = position % self.header.ring_frames
        first = ring[:, start : start + frames]
        if first.shape[1] == frames:
            return first.copy()
        return np.concatenate([first, ring[:, : frames - first.shape[1]]], axis=1)

    def _write(self, ring: Audio, position: int, block: Audio) -> None:
        start = position % self.header.ring_frames
        room = self.header.ring_frames - start
        ring[:, start : start + block.shape[1]] = block[:, :room]
        if block.shape[1] > room:
            ring[:, : block.shape[1] - room] = block[:, room:]
