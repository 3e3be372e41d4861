# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of slots: unique, kept by their plugins, saved."""

from collections.abc import Iterable
from typing import Any

import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise, write_bundle

from ddsp_fx import Board, load
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import BoardError

RATE = 48000


def _reverb(name: str = "response", **values: float) -> LearnedReverb:
    effect = LearnedReverb.from_response(decaying_noise(0.1, 0.1, RATE), RATE, **values)
    effect.name = name
    return effect


def _names(symbols: Iterable[str]) -> list[str]:
    return Board([_reverb(symbol) for symbol in symbols]).slot_names()


@given(st.lists(st.sampled_from(["violin", "violin-room", "violin-2", "violin-2-2", "v", "1"]), max_size=7))
def test_names_are_unique_and_a_name_of_its_own_stays_in_any_order(symbols: list[str]) -> None:
    names = _names(symbols)
    assert len(set(names)) == len(names)
    for symbol in symbols:
        assert symbol in names
        if symbols.count(symbol) == 1:
            assert names[symbols.index(symbol)] == symbol


def test_a_plugin_keeps_its_name_while_others_come_and_go() -> None:
    first, second = _reverb("violin"), _reverb("violin")
    board = Board([first, second])
    board.insert(0, _reverb("violin-room"))
    assert board.slot_names() == ["violin-room", "violin", "violin-2"]
    board[:] = [second, first]
    assert board.slot_names() == ["violin-2", "violin"]
    assert board[board.slot("violin-2")] is second  # type: ignore[index]
    board.remove(first)
    assert board.slot_names() == ["violin-2"]
    second.name = "lead"
    assert board.slot_names() == ["lead"]


def test_names_are_saved_where_the_order_does_not_tell_them() -> None:
    board = Board([pedalboard.Gain(1), pedalboard.Gain(2)])
    assert "slot_names" not in board.to_json()
    board.reverse()
    again = Board.from_json(board.to_json())
    assert again.slot_names() == ["Gain-2", "Gain"]
    assert again.to_json() == board.to_json()
    with pytest.raises(BoardError, match="2 slots cannot be called a, a"):
        Board.from_json(board.to_json().replace('"Gain-2"', '"a"').replace('"Gain"\n', '"a"\n'))


def test_a_renamed_effect_and_a_named_board_stay_so(tmp_path: Any) -> None:
    effect = load(write_bundle(tmp_path / "hall"))
    inner = Board([pedalboard.Gain()])
    effect.name, inner.name = "plate", "pre"
    board = Board([effect, inner])
    board.name = "vocal"
    again = Board.from_json(board.to_json())
    assert (again.name, again.slot_names()) == ("vocal", ["plate", "pre"])
