# SPDX-License-Identifier: GPL-3.0-or-later
"""The audio thread's steps one by one: late starts, overruns, failures, and corrupt shared memory."""

import os
from collections.abc import Iterator

import numpy as np
import pytest
from support import tone

from ddsp_fx import Board, load
from ddsp_fx_bridge.engine import Engine, Layout, Track
from ddsp_fx_bridge.link.segment import Header, Segment, tag, untag
from ddsp_fx_bridge.link.slots import Slots
from ddsp_fx_bridge.link.stream import PIECE, Stream
from ddsp_fx_bridge.link.workers import Workers

from .conftest import RATE
from .fake_plugin import push_event

RING = 8192


@pytest.fixture
def segment() -> Iterator[Segment]:
    segment, descriptor = Segment.create(Header(2, RING, RATE, 992, 64))
    yield segment
    os.close(descriptor)


@pytest.fixture
def track(engine: Engine) -> Track:
    return engine.add_track(Board([load("hall", mix=0.5)]), Layout(RATE, PIECE, 2))


@pytest.fixture
def stream(segment: Segment, track: Track) -> Stream:
    """Not started: tests call `work` themselves."""
    return Stream(segment, track, Slots(track.controls.values()), Workers())


def run(stream: Stream) -> int:
    """Work until nothing is left; returns the number of pieces."""
    count = 0
    while stream.work():
        count += 1
    return count


def test_nothing_happens_before_the_first_activation(stream: Stream, segment: Segment) -> None:
    assert run(stream) == 0
    segment.input_end = tag(1, 0)
    assert run(stream) == 0
    assert segment.output_end == 0


def test_what_is_still_in_the_ring_is_processed_from_the_start(stream: Stream, segment: Segment) -> None:
    audio = tone(0.1, RATE, channels=2)[:, :4000]
    segment.write_input(0, audio)
    segment.input_end = tag(3, 4000)
    assert run(stream) == 4
    assert untag(segment.output_from) == (3, 0)
    assert untag(segment.output_end) == (3, 4000)
    assert segment.output_signal == 4
    expected = Board([load("hall", mix=0.5)]).render(audio, RATE, tail=False)
    assert np.abs(segment.read_output(0, 4000) - expected).max() < 1e-6


def test_who_comes_late_begins_half_a_ring_back(stream: Stream, segment: Segment) -> None:
    segment.input_end = tag(1, 1_000_000)
    run(stream)
    assert untag(segment.output_from) == (1, 1_000_000 - RING // 2)
    assert untag(segment.output_end) == (1, 1_000_000)
    assert segment.overruns == 0


def test_what_was_overwritten_is_counted_and_left_out(stream: Stream, segment: Segment) -> None:
    segment.input_end = tag(1, 480)
    run(stream)
    segment.input_end = tag(1, 480 + RING - PIECE)
    run(stream)
    assert segment.overruns == 0
    end = 480 + 2 * (RING - PIECE) + 1
    segment.input_end = tag(1, end)
    run(stream)
    assert segment.overruns == 1
    assert untag(segment.output_from) == (1, end - RING // 2)
    assert untag(segment.output_end) == (1, end)


def test_events_of_an_epoch_gone_by_act_at_once(stream: Stream, segment: Segment, track: Track) -> None:
    segment.input_end = tag(1, 480)
    run(stream)
    push_event(segment, 0, (10**9, 0, 0.25))
    segment.input_end = tag(1, 960)
    run(stream)
    assert track.board.mix == 0.25
    assert list(stream.touched) == [(("", "mix"), 0.25)]
    assert segment.event_read == segment.event_write == 1


def test_an_event_of_later_waits(stream: Stream, segment: Segment, track: Track) -> None:
    push_event(segment, 1, (700, 0, 0.25))
    segment.input_end = tag(1, 480)
    run(stream)
    assert track.board.mix == 1.0
    segment.input_end = tag(1, 960)
    run(stream)
    assert track.board.mix == 0.25


def test_events_for_an_earlier_board_are_forgotten(stream: Stream, segment: Segment, track: Track) -> None:
    push_event(segment, 1, (0, 0, 0.25))
    stream.use(Slots(track.controls.values()), track.generation)
    push_event(segment, 1, (0, 2, 0.75))
    segment.input_end = tag(1, 480)
    run(stream)
    assert (track.board.mix, track.board[0].mix) == (1.0, 0.75)


def test_what_means_nothing_changes_nothing(stream: Stream, segment: Segment, track: Track) -> None:
    for event in ((0, 63, 0.5), (0, 2**32 - 1, 0.5), (0, 0, float("nan")), (0, 2, float("inf"))):
        push_event(segment, 1, event)
    push_event(segment, 1, (0, 2, 7.0))
    segment.input_end = tag(1, 480)
    run(stream)
    # A value beyond the range is clipped to its end.
    assert list(stream.touched) == [(("hall", "mix"), 1.0)]
    assert not track.take_failures()


def test_a_board_that_fails_is_bypassed_and_told_of_once(
    stream: Stream, segment: Segment, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(block: object) -> None:
        raise RuntimeError("a valve has blown")

    with monkeypatch.context() as patch:
        patch.setattr(track.board, "process_block", broken)
        segment.write_input(0, np.ones((2, 3000), np.float32))
        segment.input_end = tag(1, 3000)
        assert run(stream) == 3
    assert untag(segment.output_end) == (1, 3000)
    assert (segment.read_output(0, 3000) == 1.0).all()
    assert track.take_failures() == [("", "RuntimeError: a valve has blown")]
    assert track.faults == {"": "RuntimeError: a valve has blown"}
    segment.input_end = tag(2, 1000)
    segment.write_input(0, np.ones((2, 1000), np.float32))
    run(stream)
    assert track.faults == {}


@pytest.mark.parametrize("seed", range(20))
def test_memory_full_of_nonsense_does_no_harm(stream: Stream, segment: Segment, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(5):
        segment.u32[16:64] = rng.integers(0, 1 << 32, 48, dtype=np.uint32)
        segment.events.view(np.uint8)[:] = rng.integers(0, 256, segment.events.nbytes, dtype=np.uint8)
        noise = rng.integers(0, 1 << 32, (2, RING), dtype=np.uint32).view(np.float32)
        segment.write_input(0, noise)
        for _ in range(12):
            stream.work()
        assert np.isfinite(segment.read_output(0, 0)).all()
    audio = np.full((2, 2000), 0.1, np.float32)
    segment.write_input(0, audio)
    segment.event_write = segment.event_read
    segment.input_end = tag(77, 2000)
    run(stream)
    assert untag(segment.output_end) == (77, 2000)
    assert np.isfinite(segment.read_output(0, 2000)).all()


def test_events_of_a_far_future_are_not_kept(stream: Stream, segment: Segment) -> None:
    """A faulty plugin may write them without end; those of its own blocks still act."""
    segment.input_end = tag(1, 0)
    segment.write_input(0, tone(0.1, RATE, channels=2)[:, :1024])
    segment.input_end = tag(1, 1024)
    run(stream)
    for turn in range(200):
        for number in range(32):
            push_event(segment, 1, (1 << 40 | (turn * 32 + number), 0, 0.5))
        segment.input_end = tag(1, 1024 + turn + 1)
        run(stream)
    assert len(stream._events._waiting) == 0
    push_event(segment, 1, (1300, 0, 1.0))
    segment.input_end = tag(1, 2000)
    run(stream)
    assert len(stream.touched) == 1
