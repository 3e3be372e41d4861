# SPDX-License-Identifier: GPL-3.0-or-later
"""Boards, presets and takes by name, over the wire."""

from typing import Any

import numpy as np
import pytest

from ddsp_fx_bridge.osc.service import OscService
from serve.osc.desk import BLOCK, Desk, in_loop


def test_boards_by_name(desk: Desk) -> None:
    def save() -> None:
        desk.send(desk.a, "/track/1/hall/mix", 0.7)
        desk.send(desk.a, "/track/1/board/save", "mine")

    in_loop(desk, save)
    assert desk.send(desk.a, "/boards") == [("/boards", ("mine",))]
    desk.send(desk.a, "/track/1/hall/mix", 0.1)
    desk.service = OscService(desk.studio, lambda: desk.time_s)
    paths: list[str] = []
    refused: list[tuple[str, tuple[Any, ...]]] = []
    desk.service.on_namespace.append(paths.append)

    def load() -> None:
        desk.send(desk.b, "/subscribe")
        desk.send(desk.a, "/track/1/board/load", "mine")
        refused.extend(desk.send(desk.a, "/track/1/board/load", "../mine"))
        refused.extend(desk.send(desk.a, "/track/1/board/load", "absent"))

    in_loop(desk, load)
    assert desk.value("/track/1/hall/mix") == pytest.approx(0.7)
    assert desk.value("/track/1/board/name") == "mine"
    assert paths == ["/track/1"]
    assert [arguments[0] for _, arguments in refused] == [403, 404]


def test_presets(desk: Desk) -> None:
    assert desk.send(desk.a, "/track/1/hall/preset/names") == [("/track/1/hall/preset/names", ("default", "far"))]
    assert desk.send(desk.a, "/track/1/hall/preset/load", "far") == []
    assert (desk.value("/track/1/hall/mix"), desk.value("/track/1/hall/pre_delay")) == (0.8, 30.0)
    assert desk.value("/track/1/hall/preset/name") == "far"
    desk.send(desk.a, "/track/1/hall/preset/load", "default")
    assert (desk.value("/track/1/hall/mix"), desk.value("/track/1/hall/pre_delay")) == (0.25, 0.0)
    assert [arguments[0] for _, arguments in desk.send(desk.a, "/track/1/hall/preset/load", "near")] == [404]


def test_takes_over_the_wire(desk: Desk) -> None:
    assert desk.send(desk.a, "/track/1/take/record", "one") == []
    assert desk.value("/track/1/take/state") == "recording one"
    assert [arguments[0] for _, arguments in desk.send(desk.a, "/track/1/take/record", "two")] == [405]
    desk.engine.process(np.zeros((2, BLOCK), np.float32))
    desk.send(desk.a, "/track/1/hall/mix", 0.5)
    desk.engine.process(np.zeros((2, BLOCK), np.float32))
    desk.send(desk.a, "/track/1/take/stop")
    assert desk.send(desk.a, "/takes") == [("/takes", ("one",))]
    assert desk.value("/track/1/take/state") == "stopped"
    desk.send(desk.a, "/track/1/take/play", "one")
    assert desk.value("/track/1/take/state") == "playing"
    desk.studio.tick()
    assert desk.value("/track/1/take/state") == "stopped"  # its only event is within the next quarter second
    assert [arguments[0] for _, arguments in desk.send(desk.a, "/track/1/take/play", "absent")] == [404]
