# SPDX-License-Identifier: GPL-3.0-or-later
"""Effects that run in one call sound and fail as they do one by one."""

import numpy as np
import pedalboard
import pytest

from ddsp_fx import Board, load
from ddsp_fx.board.runs import AtOnce
from ddsp_fx.effects.base import Effect, NonFiniteAudioWarning
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import AudioError

RATE, SIZE = 48000, 500


def noise(blocks: int) -> np.ndarray:
    t = np.arange(blocks * SIZE) / RATE
    tone = 0.2 * sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 6))
    return np.stack([tone, 0.5 * tone]).astype(np.float32)


def chain() -> list[Effect]:
    return [load("violin"), load("violin-room", mix=0.5), load("violin-room", decay=0.5)]


def played(board: Board, audio: np.ndarray) -> np.ndarray:
    starts = range(0, audio.shape[1], SIZE)
    return np.concatenate([board.process_block(audio[:, s : s + SIZE]) for s in starts], axis=1)


def prepared(plugins: list, live: bool = False) -> Board:
    board = Board(plugins)
    board.live = live
    board.prepare(RATE, SIZE, 2)
    return board


@pytest.mark.parametrize("live", [False, True])
def test_the_sound_is_that_of_the_effects_one_by_one(live: bool) -> None:
    audio, board, expected = noise(20), prepared(chain(), live), noise(20)
    for effect in chain():
        effect.prepare(RATE, SIZE, 2)
        starts = range(0, audio.shape[1], SIZE)
        expected = np.concatenate([effect.process_block(expected[:, s : s + SIZE]) for s in starts], axis=1)
    assert np.array_equal(played(board, audio), expected)
    assert [type(run) for run in board._runs.of(board._players)] == [AtOnce]


def test_native_effects_stand_between() -> None:
    board = prepared([load("violin"), pedalboard.Gain(-6), load("violin-room"), load("violin-room")])
    played(board, noise(1))
    assert [isinstance(run, AtOnce) for run in board._runs.of(board._players)] == [False, False, True]


def test_a_turned_knob_is_heard_from_its_sample() -> None:
    audio, board = noise(30), prepared(chain())
    whole = prepared(chain())
    for target in (board, whole):
        target.schedule(3333, 2, "decay", 1.5)
        target.schedule(4321, 0, "pitch_shift", 3.0)
    big = np.concatenate([whole.process_block(audio[:, s : s + 7]) for s in range(0, audio.shape[1], 7)], axis=1)
    assert np.array_equal(played(board, audio), big)


def broken(board: Board, index: int) -> None:
    """Make the model of that slot fail."""
    board[index]._stage.state.voice.decoder.call.n_inputs = 0  # type: ignore[attr-defined]


def test_a_stage_that_fails_is_named() -> None:
    board = prepared([load("violin-room"), load("violin"), load("violin-room")])
    broken(board, 1)
    with pytest.raises(AudioError, match=r"slot 'violin': .*the model failed to run"):
        played(board, noise(10))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_stage_that_fails_live_is_bypassed_and_the_others_play_on(at: int) -> None:
    def plugins() -> list[Effect]:
        made: list[Effect] = [load("violin-room", mix=0.3), load("violin-room", decay=0.7)]
        made.insert(at, load("violin"))
        return made

    audio, board = noise(16), prepared(plugins(), live=True)
    expected = prepared([plugin for plugin in plugins() if isinstance(plugin, LearnedReverb)])
    latency = board.latency_samples
    broken(board, at)
    found = played(board, audio)
    assert [failure.slot for failure in board.take_failures()] == ["violin"]
    assert board.bypassed_slots == ["violin"]
    # The violin has become a delay of its latency, before the first room or after it: rooms don't mind.
    delayed = np.concatenate([np.zeros((2, latency), np.float32), audio], axis=1)[:, : audio.shape[1]]
    assert np.abs(found - played(expected, delayed)).max() < 1e-6


def test_nan_between_two_stages_is_silence_and_told() -> None:
    board = prepared([load("violin-room"), load("violin-room", mix=1.0)])
    room = board[0]._room  # type: ignore[attr-defined]
    room._convolvers[int(room.state.tables[0])].state.head[0, 3] = np.nan
    with pytest.warns(NonFiniteAudioWarning, match="output"):
        assert np.isfinite(played(board, noise(3))).all()


def test_another_user_of_one_effect_is_an_error() -> None:
    plugins = chain()
    board = prepared(plugins)
    played(board, noise(1))
    plugins[1].reset()
    with pytest.raises(AudioError, match="used or reset since this stream began"):
        played(board, noise(1))
    board.reset()
    played(board, noise(1))
