# SPDX-License-Identifier: GPL-3.0-or-later
"""What messages do, without a socket: answers, refusals, atomic bundles, time tags, subscribers."""

import asyncio
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.osc.nodes import ValueNode
from ddsp_fx_bridge.osc.packets import decode, encode, encode_bundle
from ddsp_fx_bridge.osc.service import OscService
from serve.hostile import packet

RATE, BLOCK = 48000, 256


class Client:
    """A peer that keeps what it is sent."""

    def __init__(self, name: str) -> None:
        self.identity = name
        self.got: list[tuple[str, tuple[Any, ...]]] = []
        self.room = math.inf

    def send(self, datagram: bytes) -> bool:
        if len(self.got) >= self.room:
            return False
        ((message,),) = [group.messages for group in decode(datagram)]
        self.got.append((message.address, message.arguments))
        return True

    def take(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What has come since the last time."""
        got, self.got = self.got, []
        return got

    def errors(self) -> list[tuple[int, str]]:
        """(code, address) of what has been refused."""
        return [(arguments[0], arguments[1]) for address, arguments in self.take() if address == "/error"]


class Desk:
    """A service whose clocks stand still until they are moved."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.time_s = 1000.0
        self.engine = engine
        engine.now = lambda: self.time_s
        self.studio = Studio(engine, Library(folder / "boards", ".json"), Library(folder / "takes", ".jsonl"))
        self.service = OscService(self.studio, lambda: self.time_s)
        self.a, self.b, self.c = Client("a"), Client("b"), Client("c")

    def send(self, client: Client, address: str, *arguments: Any) -> list[tuple[str, tuple[Any, ...]]]:
        """One message, and what came back at once."""
        self.service.packet(client, encode(address, arguments))
        return client.take()

    def value(self, address: str) -> Any:
        return self.service.namespace.find(address).read()[0]


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it; half a minute means that it never comes."""
    async with asyncio.timeout(30.0):
        while not holds():
            await asyncio.sleep(0.005)


def in_loop(desk: Desk, act: Callable[[], Any]) -> None:
    """Run something in the loop that the service lives in, and let its timers run out."""

    async def run() -> None:
        desk.service.start()
        result = act()
        if asyncio.iscoroutine(result):
            await result
        await desk.service.dispatcher.settle()
        await until(lambda: desk.service.hub._timer is None)
        await desk.service.stop()

    asyncio.run(run())


# Questions and answers.


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
        assert forms == (["plain", "n", "s"] if control.parameter is not None else ["plain", "s"])


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


# Refusals.


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


# Patterns and bundles.


def test_a_pattern_sets_all_that_it_fits_or_none(desk: Desk) -> None:
    desk.engine.add_track(Board([pedalboard.Gain()]))
    desk.service._rebuild(2)
    assert desk.send(desk.a, "/track/*/mix", 0.5) == []
    assert desk.value("/track/1/mix") == desk.value("/track/2/mix") == 0.5
    assert desk.send(desk.a, "/track/1/{hall,Gain}/{mix,gain_db}", 0.75) == []
    assert (desk.value("/track/1/hall/mix"), desk.value("/track/1/Gain/gain_db")) == (0.75, 0.75)
    # 3 fits the gain in dB, not the mix.
    desk.send(desk.a, "/track/1/*/{mix,gain_db}", 3.0)
    assert (desk.value("/track/1/hall/mix"), desk.value("/track/1/Gain/gain_db")) == (0.75, 0.75)


VALUES = st.lists(
    st.tuples(st.sampled_from(["/track/1/hall/mix", "/track/1/mix", "/track/1/hall/width"]), st.floats(-0.5, 1.5)),
    min_size=1,
    max_size=5,
)


@given(VALUES)
def test_bundles_are_atomic(moves: list[tuple[str, float]]) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    from ddsp_fx.effects.learned_reverb import LearnedReverb

    effect = LearnedReverb.from_response(np.ones((1, 10), np.float32), RATE)
    effect.name = "hall"
    engine.add_track(Board([effect]))
    desk = Desk(engine, Path("nowhere"))
    before = dict(engine.track(1).values)
    desk.service.packet(desk.a, encode_bundle([encode(address, [value]) for address, value in moves]))
    expected = dict(before)
    if all(0.0 <= np.float32(value) <= 1.0 for _, value in moves):
        names = {"/track/1/hall/mix": (0, "mix"), "/track/1/mix": (None, "mix"), "/track/1/hall/width": (0, "width")}
        expected.update({names[address]: float(np.float32(value)) for address, value in moves})
        assert desk.a.take() == []
    else:
        assert [code for code, _ in desk.a.errors()] == [416]
    assert engine.track(1).values == expected


def test_a_time_tag_waits_and_acts(desk: Desk) -> None:
    silence = np.zeros((2, BLOCK), np.float32)
    desk.engine.process(silence, desk.time_s)
    desk.service.packet(desk.a, encode_bundle([encode("/track/1/hall/mix", [0.5])], desk.time_s + 1.0))
    assert desk.value("/track/1/hall/mix") == 0.25
    assert desk.value("/engine/waiting") == 1
    seen = 0
    while desk.value("/track/1/hall/mix") == 0.25 and seen < 1000:
        desk.engine.process(silence, desk.time_s + BLOCK / RATE)
        desk.time_s += BLOCK / RATE
        desk.studio.tick()
        seen += 1
    assert desk.time_s == pytest.approx(1001.0, abs=BLOCK / RATE)
    # The sound of the block that the time lies in has it: one more block at most.
    desk.engine.process(silence, desk.time_s)
    assert desk.engine.track(1).board[0].mix == 0.5
    assert desk.value("/engine/waiting") == 0


@pytest.mark.parametrize(("ahead_s", "code"), [(-4.9, None), (-5.1, 408), (59.0, None), (61.0, 425), (1e9, 425)])
def test_how_late_and_how_early(desk: Desk, ahead_s: float, code: int | None) -> None:
    desk.service.packet(desk.a, encode_bundle([encode("/track/1/hall/mix", [0.5])], desk.time_s + ahead_s))
    assert [code for code, _ in desk.a.errors()] == ([code] if code else [])
    assert desk.value("/track/1/hall/mix") == (0.5 if ahead_s == -4.9 else 0.25)
    assert desk.value("/engine/late") == (1 if ahead_s == -4.9 else 0)


def test_commands_and_questions_do_not_wait(desk: Desk) -> None:
    for message in (encode("/track/1/take/stop", []), encode("/track/1/mix", [])):
        desk.service.packet(desk.a, encode_bundle([encode("/track/1/hall/mix", [0.5]), message], desk.time_s + 1.0))
        assert [code for code, _ in desk.a.errors()] == [405]
    assert desk.engine.waiting == 0


# Subscribers.


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


# Commands.


def test_boards_by_name(desk: Desk) -> None:
    def save() -> None:
        desk.send(desk.a, "/track/1/hall/mix", 0.7)
        desk.send(desk.a, "/track/1/board/save", "mine")

    in_loop(desk, save)
    assert desk.send(desk.a, "/boards") == [("/boards", ("mine",))]
    desk.send(desk.a, "/track/1/hall/mix", 0.1)
    desk.service = OscService(desk.studio, lambda: desk.time_s)
    paths: list[str] = []
    desk.service.on_namespace.append(paths.append)

    def load() -> None:
        desk.send(desk.b, "/subscribe")
        desk.send(desk.a, "/track/1/board/load", "mine")
        desk.send(desk.a, "/track/1/board/load", "../mine")
        desk.send(desk.a, "/track/1/board/load", "absent")

    in_loop(desk, load)
    assert desk.value("/track/1/hall/mix") == pytest.approx(0.7)
    assert desk.value("/track/1/board/name") == "mine"
    assert paths == ["/track/1"]
    assert sorted(code for code, _ in desk.a.errors()) == [403, 404]


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
    assert desk.value("/track/1/take/state") == "stopped"  # its one event lies within the next quarter second
    assert [arguments[0] for _, arguments in desk.send(desk.a, "/track/1/take/play", "absent")] == [404]


# Harm.


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


@pytest.fixture(autouse=True)
def _no_loop_left() -> Iterator[None]:
    yield
    asyncio.set_event_loop(None)
