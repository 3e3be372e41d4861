# SPDX-License-Identifier: GPL-3.0-or-later
"""In live audio a room's knob makes no block wait: the response is made elsewhere, and fades in when it is there."""

import threading

import numpy as np
import pytest

from ddsp_fx import Board, load
from ddsp_fx.dsp.convolution import PartitionedConvolver
from ddsp_fx.effects import room
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.maker import Maker
from ddsp_fx.errors import DdspFxError

RATE_HZ, BLOCK = 48000, 256


class Held(Maker):
    """Makes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = self._waiting

    def run(self) -> int:
        count = 0
        while not self.asked.empty():
            self.asked.get()()
            count += 1
        return count


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    monkeypatch.setattr(room, "maker", made)
    return made


def noise(blocks: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.3, 0.3, (2, blocks * BLOCK)).astype(np.float32)


def live_room() -> LearnedReverb:
    effect = load("violin-room", mix=1.0)
    assert isinstance(effect, LearnedReverb)
    effect.prepare(RATE_HZ, BLOCK, 2)
    effect.wait_for_responses(False)
    return effect


def play(effect: LearnedReverb, audio: np.ndarray) -> np.ndarray:
    starts = range(0, audio.shape[1], BLOCK)
    return np.concatenate([effect.process_block(audio[:, s : s + BLOCK]) for s in starts], axis=1)


def test_nothing_changes_until_the_response_is_made(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    effect, audio = live_room(), noise(8)
    expected = play(effect, audio)
    effect.reset()
    monkeypatch.setattr(LearnedReverb, "_shaped", lambda _: pytest.fail("made in the audio thread"))
    effect.decay = 0.5
    assert np.array_equal(play(effect, audio), expected)


def test_a_made_response_fades_in_and_sounds_like_one_that_was_waited_for(held: Held) -> None:
    live, offline, audio = live_room(), load("violin-room", mix=1.0), noise(40)
    offline.prepare(RATE_HZ, BLOCK, 2)
    for effect in (live, offline):
        play(effect, audio[:, : 4 * BLOCK])
    live.decay = 0.5
    play(live, audio[:, 4 * BLOCK : 5 * BLOCK])
    offline.process_block(audio[:, 4 * BLOCK : 5 * BLOCK])
    assert held.run() == 1
    offline.decay = 0.5
    rest = audio[:, 5 * BLOCK :]
    assert np.array_equal(play(live, rest), play(offline, rest))


def test_a_dragged_knob_makes_only_what_can_be_heard(held: Held) -> None:
    effect, audio = live_room(), noise(60)
    for k in range(60):
        effect.decay = 0.5 + k / 60
        effect.process_block(audio[:, k * BLOCK : (k + 1) * BLOCK])
        held.run()
    # A change needs 20 ms to fade in, and at most three rooms ring.
    assert effect._room is not None
    assert effect._room.state.numbers.ringing <= room.MAX_RINGING
    assert len(effect._room._convolvers) <= room.MAX_RINGING + 1


def test_a_response_that_cannot_be_made_is_an_error_of_the_effect(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: LearnedReverb) -> None:
        raise DdspFxError("no response")

    effect, audio = live_room(), noise(3)
    monkeypatch.setattr(LearnedReverb, "_shaped", broken)
    effect.decay = 0.5
    effect.process_block(audio[:, :BLOCK])
    held.run()
    with pytest.raises(DdspFxError, match="no response"):
        effect.process_block(audio[:, BLOCK : 2 * BLOCK])
    effect.process_block(audio[:, 2 * BLOCK :])


def test_boards_tell_what_is_inside() -> None:
    inner = load("violin-room")
    board = Board([Board([inner]), load("violin")])
    board.prepare(RATE_HZ, BLOCK, 2)
    board.wait_for_responses(False)
    assert not inner._waits
    board.append(load("violin-room"))
    board.prepare(RATE_HZ, BLOCK, 2)
    assert not board[2]._waits
    board.wait_for_responses(True)
    assert all(plugin._waits for plugin in board)


def test_the_thread_makes_what_it_is_given() -> None:
    maker, done = Maker(), threading.Event()
    maker.start()
    maker.start()
    maker.make(done.set)
    assert done.wait(20)


def test_shared_spectra_are_those_of_the_same_taps() -> None:
    taps = np.random.default_rng(3).standard_normal((1, 9000)).astype(np.float32)
    first, second, other = (PartitionedConvolver(t, 1) for t in (taps, taps.copy(), taps + np.float32(1e-3)))
    assert first.state.long.partitions is second.state.long.partitions
    assert first.state.long.partitions is not other.state.long.partitions
