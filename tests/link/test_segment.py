# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared memory: its layout, and what is refused before it is mapped."""

import os
import struct
from collections.abc import Iterator

import numpy as np
import pytest

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.link.segment import EVENTS_OFFSET, Header, Segment, tag, untag

from .make_vectors import TABLES, VECTORS, text
from .test_messages import rows


@pytest.mark.parametrize("name", TABLES)
def test_the_vectors_are_current(name: str) -> None:
    assert (VECTORS / name).read_text(encoding="utf-8") == text(name), "run: python tests/link/make_vectors.py"


@pytest.mark.parametrize("row", rows("segment.tsv"))
def test_offsets(row: list[str]) -> None:
    channels, frames, slots, size, input_offset, output_offset, events = map(int, row)
    header = Header(channels, frames, 48000.0, 0, slots)
    assert (header.size, header.input_offset, header.output_offset) == (size, input_offset, output_offset)
    assert events == EVENTS_OFFSET
    assert input_offset % 64 == output_offset % 64 == 0


HEADER = Header(2, 1024, 44100.0, 500, 64)


@pytest.fixture
def handle() -> Iterator[int]:
    segment, handle = Segment.create(HEADER)
    segment.write_input(1023, np.array([[0.0], [0.5]], np.float32))
    yield handle
    os.close(handle)


def test_both_sides_see_the_same(handle: int) -> None:
    one, other = Segment(handle), Segment(handle)
    assert one.header == HEADER
    # The ring's last sample, then its first.
    assert one.read_input(1022, 3).tolist() == [[0.0, 0.0, 0.0], [0.0, 0.5, 0.0]]
    one.output_end = tag(65535, 12345)
    one.output_signal += 0xFFFFFFFF
    one.events[63] = (tag(1, 7), 0.25, 3, 0)
    assert untag(other.output_end) == (65535, 12345)
    assert other.output_signal == 0xFFFFFFFF
    assert other.events[63].tolist() == (tag(1, 7), 0.25, 3, 0)


@pytest.mark.parametrize(
    ("offset", "kind", "value", "message"),
    [
        (0, "<I", 1, "magic is 1"),
        (4, "<I", 2, "version is 2; expected 1 to 1"),
        (8, "<Q", 300, "size is 300"),
        (8, "<Q", 1 << 40, "size is 1099511627776"),
        (16, "<I", 3, "channels is 3; expected 1 to 2"),
        (20, "<I", 1000, "ring_frames is 1000; expected a power of two, 1024"),
        (20, "<I", 1536, "ring_frames is 1536; expected a power of two"),
        (20, "<I", 2048, "size is"),
        (24, "<d", float("nan"), "sample_rate is nan"),
        (24, "<d", 1.0, "sample_rate is 1; expected 8000 to 384000"),
        (32, "<I", 1 << 30, "link_latency is"),
        (36, "<I", 0, "event_slots is 0"),
    ],
)
def test_each_broken_header_is_named(handle: int, offset: int, kind: str, value: float, message: str) -> None:
    os.pwrite(handle, struct.pack(kind, value), offset)
    with pytest.raises(EngineError, match=message):
        Segment(handle)


def test_what_is_not_a_sealed_memfd_is_refused() -> None:
    loose = os.memfd_create("loose", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with pytest.raises(EngineError, match="not sealed"):
        Segment(loose)
    os.close(loose)
    reading, writing = os.pipe()
    with pytest.raises(EngineError, match="sealed memfd"):
        Segment(reading)
    os.close(reading)
    os.close(writing)
