# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies, slices, sums and pickles of boards and effects."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pedalboard
import pytest
from support import decaying_noise, fake_decoder, tone

from ddsp_fx import Board
from ddsp_fx.effects import Audio, Effect, Source, Trained
from ddsp_fx.effects.adapters import DryWet, FixedBlock, MonoAdapter, Resampled
from ddsp_fx.effects.dereverb import Dereverb
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.timbre_transfer import TimbreTransfer

RATE = 48000


def _audio() -> Audio:
    return tone(0.3, RATE, channels=2)


def _reverb(name: str = "response", **values: float) -> LearnedReverb:
    effect = LearnedReverb.from_response(decaying_noise(0.1, 0.1, RATE), RATE, **values)
    effect.name = name
    return effect


def _decoder() -> Source:
    return Source(trained=Trained(level="power"), runner=fake_decoder())


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda board: pickle.loads(pickle.dumps(board)),
}
BOARD_COPIES: dict[str, Callable[[Board], Board]] = {
    **COPIES,
    "slice": lambda board: board[:],
    "sum": lambda board: board[:2] + board[2:],
    "product": lambda board: board * 1,
    "sum of a list": lambda board: [] + board,  # noqa: RUF005
}


def _board() -> Board:
    inner = Board([pedalboard.LadderFilter(pedalboard.LadderFilter.Mode.HPF24, 300), _reverb(mix=0.5)], mix=0.7)
    inner.name = "inner"
    response = decaying_noise(0.05, 0.05, RATE, 2)
    racks = pedalboard.Pedalboard([pedalboard.Mix([None, pedalboard.Chain([pedalboard.Resample(16000)])])])
    parts = [pedalboard.Gain(-3), pedalboard.Gain(-1), inner, racks, pedalboard.Convolution(response, 0.3, RATE)]
    board = Board([*parts, DryWet(_reverb(decay=0.5), mix=0.4)], mix=0.9)
    board.name = "mine"
    return board


@pytest.mark.parametrize("how", BOARD_COPIES)
@pytest.mark.parametrize("is_prepared", [False, True])
def test_a_copy_of_a_board_shares_and_drops_nothing(how: str, is_prepared: bool) -> None:
    board, audio = _board(), _audio()
    expected = _board().render(audio, RATE)
    if is_prepared:
        board(audio[:, :5000], RATE, reset=False)
        board.schedule(6000, None, "mix", 0.0)
    twin = BOARD_COPIES[how](board)
    assert (twin.name, twin.mix, twin.slot_names()) == (board.name, board.mix, board.slot_names())
    assert not {id(p) for p in twin} & {id(p) for p in board}
    assert not twin.is_prepared
    out = twin.render(audio, RATE)
    assert np.array_equal(out, expected)
    twin[0].gain_db, twin[2].mix, twin[2][1].mix, twin[5].decay, twin.mix = 6, 0, 0, 2, 0
    assert np.array_equal(board.render(audio, RATE), expected)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(
    "make",
    [
        lambda: _reverb(decay=1.5),
        lambda: MonoAdapter(_reverb(tone=3)),
        lambda: FixedBlock(_reverb(), 300),
        lambda: Resampled(_reverb(), 22050),
    ],
)
def test_a_copy_of_an_effect_is_fresh_and_its_own(make: Callable[[], Effect], how: str) -> None:
    effect, audio = make(), _audio()
    expected = make().render(audio, RATE)
    for _ in range(2):
        twin = COPIES[how](effect)
        assert (twin.values(), twin.name, twin.is_prepared) == (effect.values(), effect.name, False)
        assert np.array_equal(twin.render(audio, RATE), expected)
        effect(audio[:, :3000], RATE, reset=False)


@pytest.mark.parametrize("make", [lambda: TimbreTransfer(_decoder(), mix=0.7), lambda: Dereverb(_decoder())])
def test_a_copy_of_an_instrument_leaves_its_model_behind(make: Callable[[], Effect]) -> None:
    effect, audio = make(), _audio()
    expected = effect.render(audio, RATE)
    assert np.array_equal(copy.deepcopy(effect).render(audio, RATE), expected)


def test_slices_and_products_hold_their_part() -> None:
    board = Board([pedalboard.Gain(1), pedalboard.Gain(2), pedalboard.Gain(3)], mix=0.5)
    assert [p.gain_db for p in board[1:]] == [2, 3]
    assert board[1:].slot_names() == ["Gain-2", "Gain-3"]
    assert (board[::-1].mix, [p.gain_db for p in board[::-1]]) == (0.5, [3, 2, 1])
    assert [p.gain_db for p in board * 2] == [1, 2, 3, 1, 2, 3]
    assert [p.gain_db for p in board + [pedalboard.Gain(4)]] == [1, 2, 3, 4]  # noqa: RUF005
