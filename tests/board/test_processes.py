# SPDX-License-Identifier: GPL-3.0-or-later
"""Boards and effects are sent to other processes, used or fresh, with native plugins, and sound the same there."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pedalboard
import pytest
from support import Audio, tone

from ddsp_fx import Automation, Board, Effect, load
from ddsp_fx.effects.adapters import DryWet, FixedBlock, MonoAdapter, Resampled

RATE = 48000


def chain() -> Board:
    mix = pedalboard.Mix([pedalboard.Gain(-3.0), pedalboard.Chain([pedalboard.Reverb(room_size=0.2)])])
    return Board([load("violin", preset="vocal"), mix, pedalboard.Chorus(), load("violin-room", mix=0.4)], mix=0.9)


def rendered(effect: Effect, audio: Audio) -> Audio:
    return effect.render(audio, RATE)


@pytest.mark.parametrize("is_used", [False, True])
def test_a_board_sounds_the_same_in_a_spawned_process(is_used: bool) -> None:
    audio, board = tone(0.3, RATE, channels=2), chain()
    want = rendered(board, audio)
    sent = board if is_used else chain()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        heard = pool.submit(rendered, sent, audio).result(timeout=120)
    assert np.array_equal(heard, want)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "wrap", [FixedBlock, MonoAdapter, Resampled, DryWet], ids=["fixed block", "mono", "resampled", "dry and wet"]
)
def test_wrapped_effects_travel_after_use(protocol: int, wrap: type) -> None:
    arguments = {FixedBlock: (256,), Resampled: (44100.0,)}.get(wrap, ())
    effect, audio = wrap(load("violin-room", mix=0.5), *arguments), tone(0.1, RATE, channels=2)
    want = effect.render(audio, RATE)
    again = pickle.loads(pickle.dumps(effect, protocol))
    assert not again.is_prepared
    assert np.array_equal(again.render(audio, RATE), want)


def test_what_travels_holds_no_audio_and_no_model() -> None:
    board = chain()
    fresh = len(pickle.dumps(board))
    board(tone(0.5, RATE, channels=2), RATE)
    # Half a second of audio would be 190 kB; the positions of ramps are some bytes.
    assert len(pickle.dumps(board)) <= fresh + 1000
    assert fresh < 20000


def test_an_automation_travels() -> None:
    moves = Automation({"violin-room.mix": [(0.0, 0.0), (0.2, 1.0)]})
    again = pickle.loads(pickle.dumps(moves))
    audio = tone(0.3, RATE, channels=2)
    renders = [Board([load("violin-room")]).render(audio, RATE, automation=a) for a in (moves, again)]
    assert np.array_equal(*renders)
