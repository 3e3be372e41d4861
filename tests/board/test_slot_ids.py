# SPDX-License-Identifier: GPL-3.0-or-later
"""A slot's id stays with its plugin, whatever happens to the list, and is never given to another plugin."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx import Automation, Board, load
from ddsp_fx.errors import BoardError

NAMES = ("violin-room", "cello-room", "Gain", "violin-room-2")


def new(kind: int) -> Any:
    if kind % 2:
        return pedalboard.Gain()
    effect = load("violin-room")
    effect.name = NAMES[kind % len(NAMES)]
    return effect


def rename(board: Board, at: int, kind: int) -> None:
    if not isinstance(board[at], pedalboard.Plugin):
        board[at].name = NAMES[kind % len(NAMES)]


def swap(board: Board, at: int, kind: int) -> None:
    other = kind % len(board)
    board[at], board[other] = board[other], board[at]


# Each edit keeps the plugins that stay; `at` is an existing slot, `kind` any number.
EDITS: list[Callable[[Board, int, int], object]] = [
    lambda board, at, kind: board.insert(at, new(kind)),
    lambda board, at, kind: board.append(new(kind)),
    lambda board, at, kind: board.insert(kind, board.pop(at)),
    lambda board, at, kind: board.reverse(),
    lambda board, at, kind: board.__delitem__(at),
    lambda board, at, kind: board.__setitem__(at, new(kind)),
    swap,
    rename,
]
COPIES: list[Callable[[Board], Board]] = [
    lambda board: Board.from_json(board.to_json()),
    lambda board: pickle.loads(pickle.dumps(board)),
    copy.deepcopy,
    lambda board: board[:],
    lambda board: board.__add__([]),
]


@given(st.lists(st.tuples(st.integers(0, len(EDITS) + 4), st.integers(0, 8), st.integers(0, 8)), max_size=12))
def test_an_id_is_one_plugin_s_for_ever(moves: list[tuple[int, int, int]]) -> None:
    board = Board([new(0), new(1)])
    ever = dict(zip(board.slot_ids(), board, strict=True))
    for move, at, kind in moves:
        if move >= len(EDITS):
            before = board.slot_ids()
            board = COPIES[move - len(EDITS)](board)
            assert board.slot_ids() == before
            ever = {**dict.fromkeys(ever), **dict(zip(before, board, strict=True))}
        elif len(board):
            EDITS[move](board, at % len(board), kind)
        now = dict(zip(board.slot_ids(), board, strict=True))
        assert len(now) == len(board)
        for slot_id, plugin in now.items():
            assert ever.setdefault(slot_id, plugin) is plugin
        # An id finds its plugin's place, for the board and for automation.
        assert [board.slot(f"#{slot_id}") for slot_id in now] == list(range(len(board)))


def test_automation_by_id_follows_its_plugin() -> None:
    board = Board([pedalboard.Gain(0), pedalboard.Gain(0)])
    kept = board[1]
    board.insert(0, pedalboard.Gain(0))
    audio = np.ones((1, 4096), np.float32)
    board.render(audio, 48000, automation=Automation({"#Gain-2.gain_db": -6.0}))
    assert [plugin.gain_db for plugin in board] == [0.0, 0.0, -6.0]
    assert board[2] is kept


def test_an_id_works_inside_a_board_inside() -> None:
    board = Board([Board([pedalboard.Gain(0)])])
    assert board.slot("#board.#Gain") == board.slot("board.Gain") == (0, 0)


def test_a_board_saved_before_there_were_ids_gets_its_slots_names_for_them() -> None:
    board = Board([pedalboard.Gain(0), pedalboard.Gain(0), pedalboard.Gain(0)])
    del board[1]
    data = json.loads(board.to_json())
    for slot in data["slots"]:
        del slot["id"]
    again = Board.from_json(json.dumps(data))
    assert again.slot_ids() == board.slot_names() == ["Gain", "Gain-3"]
    again.append(pedalboard.Gain(0))
    assert again.slot_ids()[-1] not in board.slot_ids()


def test_a_removed_plugin_s_id_is_not_given_again_after_a_reload() -> None:
    board = Board([pedalboard.Gain(0), pedalboard.Gain(0)])
    del board[1]
    again = Board.from_json(board.to_json())
    again.append(pedalboard.Gain(0))
    assert again.slot_ids() == ["Gain", "Gain-3"]
    assert again.to_json() == Board.from_json(again.to_json()).to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Gain"}, "2 slots cannot be identified by Gain, Gain: one each, all different"),
        ({"id": 7}, "the id of a slot is 7; expected text"),
        ({"id": ""}, "the id of a slot is empty"),
        ({"id": "a\nb"}, "the id of a slot is"),
        ({"id": "x" * 5000}, "the id of a slot is"),
    ],
)
def test_ids_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    data = json.loads(Board([pedalboard.Gain(0), pedalboard.Gain(0)]).to_json())
    data["slots"][1].update(change)
    with pytest.raises(BoardError, match=message):
        Board.from_json(json.dumps(data))


@pytest.mark.parametrize("given", [[], {"Gain": 0}, {"Gain": True}, {"Gain": 1 << 40}, {"Gain": "2"}, {"x" * 5000: 1}])
def test_counts_that_cannot_be_are_refused(given: Any) -> None:
    data = json.loads(Board([pedalboard.Gain(0)]).to_json())
    data["ids_given"] = given
    with pytest.raises(BoardError, match="ids_given"):
        Board.from_json(json.dumps(data))


def test_an_id_that_is_not_there_is_named() -> None:
    board = Board([pedalboard.Gain(0)])
    with pytest.raises(BoardError, match="no slot '#hall'; it has Gain"):
        board.slot("#hall")
    with pytest.raises(BoardError, match="no slot with the id 'hall'; it has Gain"):
        board.slot_with_id("hall")
