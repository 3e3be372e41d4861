# SPDX-License-Identifier: GPL-3.0-or-later
"""Every change reaches all subscribers but its sender; leases expire."""

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine, Layout
from serve.osc.desk import BLOCK, RATE, Client, Desk, in_loop, until


def test_every_change_reaches_everyone_but_its_maker(desk: Desk) -> None:
    def act() -> None:
        for client in (desk.a, desk.b):
            desk.send(client, "/subscribe")
        desk.send(desk.c, "/subscribe", "/track/*/hall/*/n")
        desk.send(desk.a, "/track/1/hall/mix", 0.5)

    in_loop(desk, act)
    assert desk.a.take() == []
    assert desk.b.take() == [("/track/1/hall/mix", (0.5,))]
    assert desk.c.take() == [("/track/1/hall/mix/n", (0.5,))]


@given(moves=st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1, width=32)), min_size=1, max_size=30))
def test_everyone_ends_with_the_final_value(moves: list[tuple[int, float]]) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    engine.add_track(Board())
    desk = Desk(engine, Path("nowhere"))
    clients = [desk.a, desk.b, desk.c]

    def act() -> None:
        for client in clients:
            desk.send(client, "/subscribe")
        for who, value in moves:
            desk.send(clients[who], "/track/1/mix", value)

    in_loop(desk, act)
    changed = [
        (who, value)
        for (who, value), before in zip(moves, [1.0, *(v for _, v in moves)], strict=False)
        if value != before
    ]
    for number, client in enumerate(clients):
        heard = [arguments[0] for address, arguments in client.take() if address == "/track/1/mix"]
        if any(who != number for who, _ in changed):
            assert heard[-1] == moves[-1][1]
        else:
            assert heard == []


def test_what_does_not_fit_now_comes_later_and_is_the_latest(desk: Desk) -> None:
    async def act() -> None:
        desk.send(desk.b, "/subscribe")
        desk.b.room = 0
        for value in (0.1, 0.2, 0.3):
            desk.send(desk.a, "/track/1/hall/mix", value)
            desk.time_s += 0.02
            await asyncio.sleep(0.02)
        assert desk.b.got == []
        desk.b.room = math.inf
        desk.time_s += 0.02
        await until(lambda: bool(desk.b.got))

    in_loop(desk, act)
    assert desk.b.take() == [("/track/1/hall/mix", (pytest.approx(0.3),))]


def test_leases_end(desk: Desk) -> None:
    hub = desk.service.hub
    assert desk.send(desk.b, "/subscribe", "/", 30) == [("/subscribed", ("/", 30.0))]
    desk.time_s += 29.0
    hub.expire()
    assert hub.count == 1
    desk.send(desk.b, "/subscribe", "/", 30)
    desk.time_s += 29.0
    hub.expire()
    assert hub.count == 1
    desk.time_s += 2.0
    hub.expire()
    assert hub.count == 0


def test_unsubscribing(desk: Desk) -> None:
    def act() -> None:
        desk.send(desk.b, "/subscribe", "/track/1/mix")
        desk.send(desk.b, "/subscribe", "/track/1/hall")
        desk.send(desk.b, "/unsubscribe", "/track/1/mix")
        desk.send(desk.a, "/track/1/mix", 0.5)
        desk.send(desk.a, "/track/1/hall/mix", 0.5)

    in_loop(desk, act)
    assert desk.b.take() == [("/track/1/hall/mix", (0.5,))]
    desk.send(desk.b, "/subscribe")
    desk.send(desk.b, "/unsubscribe")
    assert desk.service.hub.count == 0


def test_a_surface_that_has_just_been_opened_asks_for_everything(desk: Desk) -> None:
    def act() -> None:
        desk.send(desk.a, "/track/1/hall/mix", 0.75)
        desk.send(desk.b, "/subscribe", "/track/1/hall")
        desk.send(desk.b, "/subscribe", "/track/1/*/*/n")
        desk.send(desk.b, "/refresh")
        desk.send(desk.c, "/refresh")

    in_loop(desk, act)
    got = dict(desk.b.take())
    hall = {f"/track/1/hall/{symbol}" for symbol in desk.engine.track(1).board[0].parameters}
    assert {address for address in got if "preset" not in address} == hall | {f"{address}/n" for address in hall}
    assert all(values == (pytest.approx(desk.value(address)),) for address, values in got.items() if address in hall)
    assert got["/track/1/hall/mix/n"] == (0.75,)
    assert desk.c.take() == []


def test_meters_come_to_those_who_name_them(desk: Desk) -> None:
    async def act() -> None:
        desk.send(desk.a, "/subscribe")
        desk.send(desk.b, "/subscribe", "/track/*/meter")
        desk.engine.process(np.full((2, BLOCK), 0.5, np.float32))
        for _ in range(20):
            desk.engine.process(np.full((2, BLOCK), 0.5, np.float32))
        desk.b.take()
        await until(lambda: len(desk.b.got) >= 2)

    in_loop(desk, act)
    assert desk.a.take() == []
    heard = dict(desk.b.take())
    assert heard["/track/1/meter/in"] == (pytest.approx(-6.02, abs=0.01), pytest.approx(-6.02, abs=0.01))


def test_there_is_room_for_64(desk: Desk) -> None:
    for number in range(64):
        desk.send(Client(f"{number}"), "/subscribe")
    assert [code for code, _ in [arguments[:2] for _, arguments in desk.send(desk.a, "/subscribe")]] == [503]
