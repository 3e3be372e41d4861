# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries, answers, and the three forms of a value."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pedalboard import Gain

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.osc.nodes import ValueNode
from serve.osc.desk import BLOCK, RATE, Desk, in_loop


def test_a_message_without_arguments_is_a_question(desk: Desk) -> None:
    assert desk.send(desk.a, "/track/1/hall/mix") == [("/track/1/hall/mix", (0.25,))]
    assert desk.send(desk.a, "/track/1/Gain/gain_db/s") == [("/track/1/Gain/gain_db/s", ("0",))]
    assert desk.send(desk.a, "/track/1/hall/mix/n") == [("/track/1/hall/mix/n", (0.25,))]
    assert desk.send(desk.a, "/track/1/bypass") == [("/track/1/bypass", (False,))]
    assert desk.send(desk.a, "/engine/block_size") == [("/engine/block_size", (BLOCK,))]
    assert desk.send(desk.a, "/ping", 7, "x") == [("/pong", (7, "x"))]
    assert desk.send(desk.a, "/track/1/slots") == [("/track/1/slots", ("hall", "Gain"))]
    assert dict(desk.send(desk.a, "/track/*/meter/*"))["/track/1/meter/in"] == (-120.0, -120.0)


def test_every_parameter_of_the_board_has_its_addresses(desk: Desk) -> None:
    track = desk.engine.track(1)
    for key, control in track.controls.items():
        forms = [node.form for node in desk.service.namespace.forms_of(1, key)]
        by_id = ["plain"] if control.slot_id else []
        assert forms == (["plain", "n", "s"] if control.parameter is not None else ["plain", "s"]) + by_id


@given(position=st.floats(0, 1))
def test_the_three_forms_agree(position: float) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    from ddsp_fx.effects.learned_reverb import LearnedReverb

    response = np.zeros((1, 100), np.float32)
    response[0, 50] = 0.5
    engine.add_track(Board([LearnedReverb.from_response(response, RATE)]))
    desk = Desk(engine, Path("nowhere"))
    for node in list(desk.service.namespace.nodes.values()):
        if isinstance(node, ValueNode) and node.form == "n":
            plain = node.address.removesuffix("/n")
            assert desk.send(desk.a, node.address, position) == []
            value = desk.value(plain)
            assert desk.send(desk.a, plain, value) == []
            assert desk.value(plain) == pytest.approx(value, rel=1e-6)
            text = desk.value(f"{plain}/s")
            assert desk.send(desk.a, f"{plain}/s", text) == []
            assert desk.value(f"{plain}/s") == text


def test_a_limit_that_went_through_32_bits_is_the_limit(desk: Desk) -> None:
    import struct

    for address, node in desk.service.namespace.nodes.items():
        ranges = node.ranges() if isinstance(node, ValueNode) and node.form == "plain" else None
        for limit in (ranges or [{}])[0].values():
            if isinstance(limit, (int, float)):
                assert desk.send(desk.a, address, struct.unpack(">f", struct.pack(">f", limit))[0]) == []
                assert desk.value(address) == limit


def test_a_slot_s_id_is_an_address_that_survives_a_new_name(desk: Desk) -> None:
    board = Board.from_json(desk.engine.track(1).board_json())
    board[0].name = "cave"

    def act() -> None:
        desk.engine.replace_board(1, board)
        desk.send(desk.b, "/subscribe", "/track/1/id/hall/mix")
        desk.send(desk.a, "/track/1/cave/mix", 0.5)

    in_loop(desk, act)
    assert desk.b.take() == [("/track/1/id/hall/mix", (0.5,))]
    assert desk.value("/track/1/id/hall/mix") == 0.5
    desk.send(desk.a, "/track/1/id/hall/mix", 0.75)
    assert desk.value("/track/1/cave/mix") == 0.75
    assert desk.send(desk.a, "/track/1/slots") == [("/track/1/slots", ("cave", "Gain"))]
    assert desk.send(desk.a, "/track/1/ids") == [("/track/1/ids", ("hall", "Gain"))]


def test_the_order_of_slots_changes_no_address_by_id(desk: Desk) -> None:
    data = json.loads(Board([Gain(1.0), Gain(2.0)]).to_json())
    for slot, slot_id in zip(data["slots"], ["a b", "a_b"], strict=True):
        slot["id"] = slot_id
    board = Board.from_json(json.dumps(data))
    for _ in range(2):
        in_loop(desk, partial(desk.engine.replace_board, 1, board))
        assert desk.value("/track/1/id/a=20b/gain_db") == 1.0
        assert desk.value("/track/1/id/a_b/gain_db") == 2.0
        board = Board.from_json(board.to_json())
        board.reverse()


def test_ids_are_meant_only_where_they_are_written(desk: Desk) -> None:
    """Otherwise every list, pattern and subscription would have each parameter twice."""
    for pattern in ("/", "/track/1", "/track/*/*", "/track/1/*/*", "/*/*/*/*/mix"):
        assert not [address for address in desk.service.namespace.below(pattern) if "/id/" in address]
    assert desk.service.namespace.below("/track/1/id/Gain") == {"/track/1/id/Gain/gain_db"}
    assert desk.service.namespace.below("/track/1/id") > {"/track/1/id/Gain/gain_db", "/track/1/id/hall/mix"}
    describe = pytest.importorskip("ddsp_fx_bridge.http.oscquery", reason="aiohttp is not installed").describe
    assert "id" not in describe(desk.service.namespace.find("/track/1"))["CONTENTS"]
