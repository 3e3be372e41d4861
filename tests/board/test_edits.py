# SPDX-License-Identifier: GPL-3.0-or-later
"""A board's list: each plugin once, edits during playback, boards inside boards."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pedalboard
import pytest
from support import decaying_noise, fake_decoder, tone

from ddsp_fx import Automation, Board
from ddsp_fx.effects import Audio, Effect, Source, Trained
from ddsp_fx.effects.adapters import DryWet
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import AudioError, BoardError, UnknownParameterError

RATE = 48000


def _audio() -> Audio:
    return tone(0.3, RATE, channels=2)


def _reverb(name: str = "response", **values: float) -> LearnedReverb:
    effect = LearnedReverb.from_response(decaying_noise(0.1, 0.1, RATE), RATE, **values)
    effect.name = name
    return effect


def _decoder() -> Source:
    return Source(trained=Trained(level="power"), runner=fake_decoder())


@pytest.mark.parametrize("make", [pedalboard.Delay, _reverb, lambda: Board([pedalboard.Gain()])])
@pytest.mark.parametrize(
    "place",
    [
        lambda p: Board([p, p]),
        lambda p: Board([p]).append(p),
        lambda p: Board([p]).insert(0, p),
        lambda p: Board([p]).extend([pedalboard.Gain(), p]),
        lambda p: Board([p]).__setitem__(slice(0, 0), [p]),
        lambda p: Board([p, Board([p])]),
        lambda p: Board([p, DryWet(p)] if isinstance(p, Effect) else [p, pedalboard.Mix([p])]),
    ],
)
def test_one_instance_in_two_places_is_refused(make: Callable[[], Any], place: Callable[[Any], Any]) -> None:
    with pytest.raises(BoardError, match=r"the same .* is in the board twice.* copy\.deepcopy"):
        place(make())


def test_one_that_comes_twice_later_is_refused_before_it_sounds() -> None:
    shared, inner, mix = _reverb(), Board(), pedalboard.Mix([])
    board = Board([shared, inner, mix, pedalboard.Gain()])
    inner.append(shared)
    with pytest.raises(BoardError, match="twice"):
        board(_audio(), RATE)
    del inner[0]
    mix.append(board[3])
    with pytest.raises(BoardError, match="the same Gain is in the board twice"):
        board(_audio(), RATE)


def test_places_can_be_swapped_and_reversed() -> None:
    first, second = pedalboard.Gain(6), pedalboard.Distortion(20)
    board = Board([first, second])
    board[0], board[1] = board[1], board[0]
    assert list(board) == [second, first]
    board.reverse()
    assert list(board) == [first, second]
    board(_audio(), RATE)
    board[0] = second
    with pytest.raises(BoardError, match="twice"):
        board(_audio(), RATE)


@pytest.mark.parametrize("wrap", [lambda b: b, lambda b: Board([b]), DryWet, lambda b: Board([Board([DryWet(b)])])])
def test_a_board_inside_itself_is_refused(wrap: Callable[[Board], Any]) -> None:
    board = Board([pedalboard.Gain()])
    holder = wrap(board)
    for put in (board.append, lambda b: board.__setitem__(0, b), lambda b: board.extend([b])):
        with pytest.raises(BoardError, match="cannot be inside itself"):
            put(holder)
    assert len(board) == 1


@pytest.mark.parametrize("make", [_reverb, lambda: DryWet(_reverb()), pedalboard.Delay, pedalboard.Resample])
@pytest.mark.parametrize("hide", [lambda p: p, lambda p: Board([p])])
def test_two_boards_that_share_a_plugin_are_told(make: Callable[[], Any], hide: Callable[[Any], Any]) -> None:
    shared, audio = make(), _audio()
    one, two = Board([hide(shared)]), Board([pedalboard.Gain(0), shared])
    expected = two(audio, RATE)
    one(audio, RATE)
    first, second = one.iter_render(audio, RATE, 512, False), two.iter_render(audio, RATE, 512, False)
    next(first)
    begun = [next(second)]
    with pytest.raises(AudioError, match="so its audio is gone"):
        list(first)
    assert np.array_equal(np.concatenate([*begun, *second], axis=1), expected)
    assert np.array_equal(one(audio, RATE), expected)


def test_a_plugin_that_is_used_alone_ends_the_stream_of_its_board() -> None:
    board, audio = Board([DryWet(_reverb())]), _audio()
    board(audio[:, :1000], RATE, reset=False)
    board[0].inner(audio, 44100)
    with pytest.raises(AudioError, match=r"slot 'response': response: it has been used or reset.*reset\(\)"):
        board(audio[:, 1000:], RATE, reset=False)
    assert np.array_equal(board(audio, RATE), Board([DryWet(_reverb())])(audio, RATE))


@pytest.mark.parametrize(("rate", "channels"), [(96000, 2), (48000, 3)])
def test_a_layout_that_a_native_plugin_refuses_is_one_line(rate: int, channels: int) -> None:
    board = Board([pedalboard.Gain(), pedalboard.MP3Compressor()])
    with pytest.raises(AudioError, match=rf"MP3Compressor cannot process {rate} Hz with {channels} channel\(s\): MP3"):
        board(np.zeros((channels, 1000), np.float32), rate)


def test_a_mix_inside_itself_is_refused() -> None:
    mix = pedalboard.Mix([pedalboard.Gain()])
    mix.append(pedalboard.Chain([mix]))
    try:
        with pytest.raises(BoardError, match="a Mix or Chain is inside itself"):
            Board([mix])
    finally:
        del mix[1]


def test_an_inner_board_may_change_after_the_outer_was_prepared() -> None:
    inner = Board([pedalboard.Gain(0)])
    outer = Board([DryWet(Board([inner]))])
    audio = _audio()
    outer(audio, RATE)
    inner.append(pedalboard.Gain(-6))
    assert np.allclose(outer(audio, RATE), audio * 10 ** (-6 / 20), atol=1e-6)
    inner[:] = [pedalboard.Resample(8000)]
    assert np.array_equal(outer(audio, RATE), pedalboard.Pedalboard([pedalboard.Resample(8000)])(audio, RATE))
    inner(audio, 44100)
    assert np.array_equal(outer(audio, RATE), pedalboard.Pedalboard([pedalboard.Resample(8000)])(audio, RATE))


@pytest.mark.parametrize(
    "wrap", [lambda d: d, lambda d: pedalboard.Mix([pedalboard.Chain([d])]), lambda d: Board([Board([d])])]
)
def test_a_tail_follows_the_values_inside(wrap: Callable[[Any], Any]) -> None:
    delay = pedalboard.Delay(0.01, 0.0, 0.5)
    board = Board([wrap(delay)])
    short = board.render(_audio(), RATE).shape[1]
    delay.delay_seconds = 0.5
    fresh = Board([pedalboard.Delay(0.5, 0.0, 0.5)]).render(_audio(), RATE)
    assert short < fresh.shape[1]
    assert np.array_equal(board.render(_audio(), RATE), fresh)


def test_what_stays_in_the_list_keeps_its_sound() -> None:
    audio = tone(1.0, RATE, channels=2)
    board, alone = Board([pedalboard.Reverb(), _reverb(), pedalboard.BrickwallLimiter(0)]), None
    alone = copy.deepcopy(board)
    gain = pedalboard.Gain(-6)
    halves = [board(audio[:, :20000], RATE, reset=False)]
    board.insert(1, gain)
    halves.append(board(audio[:, 20000:], RATE, reset=False))
    expected = alone(audio, RATE, reset=False)
    out = np.concatenate(halves, axis=1)
    # The reverbs ring on through the edit; the gain changes what enters the room after it.
    assert np.array_equal(out[:, :20000], expected[:, :20000])
    assert np.abs(np.diff(out[0, 19990:20010])).max() < 0.05
    rest = out[:, -5000:] - expected[:, -5000:] * 10 ** (-6 / 20)
    assert np.abs(rest).max() < 1e-4
    board.remove(gain)
    assert board(audio, RATE, reset=False).shape == audio.shape


def test_an_edit_that_changes_nothing_audible_is_not_heard() -> None:
    audio = tone(1.0, RATE, channels=2)
    parts = lambda: [pedalboard.Delay(0.1, 0.5), pedalboard.Resample(16000), _reverb(), pedalboard.Chorus()]  # noqa: E731
    expected = Board(parts())(audio, RATE, reset=False)
    board = Board(parts())
    out = []
    for start in range(0, audio.shape[1], 4800):
        out.append(board(audio[:, start : start + 4800], RATE, reset=False))
        if start % 9600:
            board.insert(start // 4800 % 5, pedalboard.Gain(0))
        elif len(board) > 4:
            del board[next(i for i, p in enumerate(board) if isinstance(p, pedalboard.Gain))]
    assert np.abs(np.concatenate(out, axis=1) - expected).max() <= 1e-6


def test_a_new_effect_with_latency_moves_the_dry_path_along() -> None:
    board = Board([pedalboard.Gain(0)], mix=0.0)
    audio = tone(1.0, RATE, channels=2)
    board(audio[:, :10000], RATE, reset=False)
    board.append(_latent())
    out = board(audio[:, 10000:], RATE, reset=False)
    late = board.latency_samples
    assert late > 0
    assert np.array_equal(out[:, late:], audio[:, 10000:-late])


def _latent() -> Any:
    return pedalboard.Resample(16000)


def test_an_edit_under_process_block_says_what_to_do() -> None:
    board = Board([pedalboard.Gain()])
    board.prepare(RATE, 512, 2)
    board.process_block(_audio()[:, :512])
    board.append(pedalboard.Gain())
    with pytest.raises(AudioError, match=r"the list has changed since prepare\(\); call prepare\(\) again"):
        board.process_block(_audio()[:, :512])


def test_an_event_goes_with_its_plugin() -> None:
    gain, other = pedalboard.Gain(0), pedalboard.Gain(0)
    board = Board([other, gain])
    board(np.ones((1, 100), np.float32), RATE, reset=False)
    board.schedule(500, 1, "gain_db", -20.0)
    board.schedule(500, 0, "gain_db", 40.0)
    del board[0]
    board(np.ones((1, 1000), np.float32), RATE, reset=False)
    assert (gain.gain_db, other.gain_db) == (-20.0, 0.0)


@pytest.mark.parametrize("target", ["inner.Gain.gain_db", "1.1.gain_db", "inner.1.gain_db"])
def test_automation_reaches_into_a_board_at_its_sample(target: str) -> None:
    inner = Board([pedalboard.Resample(16000), pedalboard.Gain(0)])
    inner.name = "inner"
    board = Board([pedalboard.BrickwallLimiter(0), inner])
    curve = Automation({target: [(0.0, 0.0), (0.1, 0.0), (0.1, -100.0)]})
    out = board.render(np.ones((1, RATE // 2), np.float32), RATE, tail=False, automation=curve)
    change = int(np.flatnonzero(np.diff(out[0, 1000:]) < -1e-3)[0]) + 1001
    assert abs(change - RATE // 10) <= 2


def test_a_wrong_way_into_a_board_is_named() -> None:
    board = Board([Board([pedalboard.Gain()])])
    audio = np.zeros((1, 100), np.float32)
    with pytest.raises(BoardError, match=r"no slot 'board\.Reverb'|no slot 'Reverb'; it has Gain"):
        board.render(audio, RATE, automation=Automation({"board.Reverb.mix": 1}))
    with pytest.raises(UnknownParameterError, match=r"board\.Gain has no parameter 'gain'; did you mean 'gain_db'"):
        board.render(audio, RATE, automation=Automation({"board.Gain.gain": 1}))
