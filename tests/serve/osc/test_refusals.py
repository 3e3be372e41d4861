# SPDX-License-Identifier: GPL-3.0-or-later
"""A refused message changes nothing and does no harm."""

import random
from typing import Any

import numpy as np
import pytest

from serve.osc.desk import BLOCK, Desk, in_loop
from serve.osc.hostile import packet


@pytest.mark.parametrize(
    ("address", "arguments", "code"),
    [
        ("/track/1/hall/mix", (2.0,), 416),
        ("/track/1/hall/mix", (-0.1,), 416),
        ("/track/1/hall/mix", ("loud",), 400),
        ("/track/1/hall/mix", (True,), 400),
        ("/track/1/hall/mix", (b"x",), 400),
        ("/track/1/hall/mix", (None,), 400),
        ("/track/1/hall/mix", (0.5, 0.5), 400),
        ("/track/1/hall/mix/n", (1.5,), 416),
        ("/track/1/hall/mix/s", ("much",), 416),
        ("/track/1/hall/mix/s", (0.5,), 400),
        ("/track/1/bypass", (2,), 416),
        ("/track/1/bypass", ("on",), 400),
        ("/track/1/Gain/gain_db", (1e30,), 416),
        ("/track/1/hall/absent", (1.0,), 404),
        ("/track/2/hall/mix", (1.0,), 404),
        ("/nowhere", (), 404),
        ("/track/1/hall", (), 405),
        ("/track/1/latency", (3,), 405),
        ("/track/1/board/load", (), 400),
        ("/track/1/board/load", (3,), 400),
        ("/track/1/*/absent", (1.0,), 404),
        ("/track/1/board/*", ("x",), 405),
        ("/track/1/ha[", (), 400),
        ("/track//mix", (1.0,), 404),
        ("/track/*//mix", (1.0,), 400),
        ("/subscribe", ("/", 0.1), 416),
        ("/subscribe", ("/[", 10), 400),
        ("/subscribe", ("/", 10.0, 80), 416),
    ],
)
def test_what_is_refused_changes_nothing(desk: Desk, address: str, arguments: tuple[Any, ...], code: int) -> None:
    before = dict(desk.engine.track(1).values)
    answers = desk.send(desk.a, address, *arguments)
    ((answered, (got, about, text)),) = answers
    assert (answered, got) == ("/error", code)
    assert text
    assert about in (address, "")
    assert desk.engine.track(1).values == before


def test_our_own_words_are_not_answered(desk: Desk) -> None:
    for address in ("/error", "/pong", "/subscribed", "/unsubscribed"):
        assert desk.send(desk.a, address, 400, "", "x") == []


def test_a_flood_of_mistakes_is_no_flood_of_complaints(desk: Desk) -> None:
    for _ in range(1000):
        desk.service.packet(desk.a, b"nonsense")
    assert len(desk.a.take()) == 50
    desk.time_s += 1.0
    for _ in range(1000):
        desk.service.packet(desk.a, b"nonsense")
    assert len(desk.a.take()) == 20
    desk.service.packet(desk.b, b"nonsense")
    assert len(desk.b.take()) == 1


def test_hostile_packets_do_no_harm(desk: Desk) -> None:
    rng = random.Random(5)

    def act() -> None:
        for number in range(5000):
            desk.service.packet(desk.a, packet(rng))
            if number % 100 == 0:
                desk.time_s += 1.0
                desk.engine.process(np.zeros((2, BLOCK), np.float32), desk.time_s)
                desk.studio.tick()
                desk.a.take()

    in_loop(desk, act)
    assert desk.service.dispatcher.failures == 0
    values = desk.engine.track(1).values
    for key, control in desk.engine.track(1).controls.items():
        assert control.check(values[key]) == values[key]
    assert desk.service.hub.count <= 1
    assert not any(path.name.startswith(".") for path in desk.studio.boards.folder.glob("*"))
