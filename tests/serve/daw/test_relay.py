# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay's rules, and a fake DAW and a fake engine that talk through it over real sockets."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.errors import AutomationError
from ddsp_fx_bridge.daw import reaper
from ddsp_fx_bridge.daw.faders import Target, board_faders
from ddsp_fx_bridge.daw.relay import HOLD_S, SUBSCRIPTIONS, Relay, run_relay
from ddsp_fx_bridge.daw.relay_map import RelayMap, Route, read_map
from ddsp_fx_bridge.daw.wire import Message, from_packet, to_packet
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.server import Doors, Server

pytest.importorskip("pythonosc")
DIAL = Route(("/d", 0, 3), ("/set", 0, 3), 0.0, 127.0, "/track/1/violin/pitch_shift", -48.0, 48.0)
ENDS = st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)).filter(lambda e: abs(e[0] - e[1]) > 1e-3)


class Room:
    """A relay with lists for sockets and a stopped clock."""

    def __init__(self) -> None:
        self.engine: list[Message] = []
        self.daw: list[Message] = []
        self.now = 0.0
        self.relay = Relay([DIAL], self.engine.append, self.daw.append, lambda: self.now)


@given(ENDS, ENDS, st.floats(0, 1))
def test_there_and_back(daw: tuple[float, float], engine: tuple[float, float], position: float) -> None:
    route = Route(("/a",), ("/a",), *daw, "/b", *engine)
    value = daw[0] + position * (daw[1] - daw[0])
    assert min(engine) - 1e-9 <= route.to_engine(value) <= max(engine) + 1e-9
    assert route.to_daw(route.to_engine(value)) == pytest.approx(value, abs=1e-6 * abs(daw[1] - daw[0]))


@given(
    st.lists(
        st.builds(
            Route,
            st.just(("/a", 1)),
            st.just(("/b",)),
            ENDS.map(min),
            st.just(2e3),
            st.just("/e"),
            ENDS.map(min),
            st.just(2e3),
        ),
        max_size=5,
    )
)
def test_maps_are_read_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, routes: list[Route]) -> None:
    path = tmp_path_factory.mktemp("map") / "a.relay.json"
    plan = RelayMap(("daw", 1), 2, ("engine", 65535), [("/hello", 1, "x")], routes)
    path.write_text(plan.to_json())
    assert read_map(path) == plan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.pop("ddsp_fx_relay"), "not a relay's map"),
        (lambda data: data["daw"].update(port=0), "port 0 is not 1 to 65535"),
        (lambda data: data["routes"][0].update(engine="x"), "route 1: 'x' is not an address"),
        (lambda data: data["routes"][0].update({"from": [1, 1]}), "route 1: both ends"),
        (lambda data: data.pop("routes"), "KeyError"),
    ],
)
def test_maps_that_do_not_fit(change: Callable[[dict[str, object]], object], message: str, tmp_path: Path) -> None:
    data = json.loads(RelayMap(("daw", 1), 2, ("engine", 3), [], [DIAL]).to_json())
    change(data)
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(AutomationError, match=message):
        read_map(tmp_path / "a.json")


def test_moves_go_both_ways_once() -> None:
    room = Room()
    room.relay.from_daw(("/d", 0, 3, 127))
    room.relay.from_daw(("/d", 0, 3, 127.0))
    assert room.engine == [("/track/1/violin/pitch_shift", 48.0)]
    room.relay.from_engine(("/track/1/violin/pitch_shift", -48.0))
    room.relay.from_engine(("/track/1/violin/pitch_shift", -48.0))
    assert room.daw == [("/set", 0, 3, 0.0)]


def test_an_echo_of_the_daw_is_no_move_but_a_later_one_is() -> None:
    room = Room()
    room.relay.from_engine(("/track/1/violin/pitch_shift", 24.0))
    room.relay.from_engine(("/track/1/violin/pitch_shift", 48.0))
    room.now = HOLD_S / 2
    room.relay.from_daw(("/d", 0, 3, 95.25))
    assert room.engine == []
    room.now = 2 * HOLD_S
    room.relay.from_daw(("/d", 0, 3, 95.25))
    assert room.engine == [("/track/1/violin/pitch_shift", 24.0)]


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(allow_nan=True), st.none()), min_size=1, max_size=4))
def test_nothing_else_goes_through(message: list[object]) -> None:
    room = Room()
    for door in (room.relay.from_daw, room.relay.from_engine):
        door(tuple(message))
        door(("/d", 0, 3, "12"))
        door(("/track/1/violin/pitch_shift",))
        door(("/track/1/violin/pitch_shift", float("nan")))
    assert room.engine == room.daw == []


def _bound() -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.setblocking(False)
    return door


async def _next(door: socket.socket) -> tuple[list[Message], tuple[str, int]]:
    data, sender = await asyncio.get_running_loop().sock_recvfrom(door, 4096)
    return from_packet(data), sender


def test_over_the_wire() -> None:
    async def talk() -> None:
        daw, engine, free = _bound(), _bound(), _bound()
        port = free.getsockname()[1]
        free.close()
        plan = RelayMap(daw.getsockname(), port, engine.getsockname(), [("/listen", 7)], [DIAL])
        running = asyncio.create_task(run_relay(plan, lambda line: None))
        assert (await _next(daw))[0] == [("/listen", 7)]
        for pattern in SUBSCRIPTIONS:
            messages, relay = await _next(engine)
            assert messages == [("/subscribe", pattern)]
        daw.sendto(b"no osc at all", ("127.0.0.1", port))
        daw.sendto(to_packet(("/d", 0, 3, 127.0)), ("127.0.0.1", port))
        assert (await _next(engine))[0] == [("/track/1/violin/pitch_shift", 48.0)]
        engine.sendto(to_packet(("/track/1/violin/pitch_shift", 0.0)), relay)
        assert (await _next(daw))[0] == [("/set", 0, 3, 63.5)]
        with pytest.raises(AutomationError, match=f"port {port}, which the DAW sends to, is taken"):
            await run_relay(plan)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        daw.close()
        engine.close()

    asyncio.run(asyncio.wait_for(talk(), 60))


def test_with_the_engine_itself(engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    faders = board_faders(engine.track(1).board)
    number = next(k for k, fader in enumerate(faders, start=1) if fader.target == "hall.decay")
    slider = f"/track/1/fx/1/fxparam/{number}/value"
    decay = lambda: engine.track(1).values["hall", "decay"]  # noqa: E731

    async def talk(server: Server) -> None:
        daw, free = _bound(), _bound()
        port = free.getsockname()[1]
        free.close()
        routes = reaper.relay_map(faders, Target()).routes
        plan = RelayMap(daw.getsockname(), port, ("127.0.0.1", server.osc_port), [], routes)
        running = asyncio.create_task(run_relay(plan, lambda line: None))
        while server.service.hub.count < 1:
            await asyncio.sleep(0.01)
        daw.sendto(to_packet((slider, 1.0)), ("127.0.0.1", port))
        while decay() != 2.0:
            await asyncio.sleep(0.01)
        other = _bound()
        other.sendto(to_packet(("/track/1/hall/decay", 0.25)), ("127.0.0.1", server.osc_port))
        # This is the first message the DAW receives, so its own move has not come back.
        assert (await _next(daw))[0] == [(slider, 0.0)]
        running.cancel()
        for door in (daw, other):
            door.close()

    with Server(engine, tmp_path / "boards", tmp_path / "takes", Doors(osc_port=0, http_port=0)) as server:
        asyncio.run(asyncio.wait_for(talk(server), 60))
