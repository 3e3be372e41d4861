# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's automation stays with its parameter, whatever happens to the chain."""

import json

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tone

from ddsp_fx import Board, load
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.link.lanes import MOST_LANES, Lanes, restored_lanes
from ddsp_fx_bridge.link.segment import Header

from .conftest import RATE
from .fake_plugin import FakePlugin, wait_until
from .test_streaming import described, slots

OWN = ["mix", "bypass"]
targets = st.lists(st.sampled_from([f"fx{n}.p" for n in range(90)]), max_size=70, unique=True)


@given(edits=st.lists(st.tuples(targets, st.sets(st.integers(0, 89))), max_size=8))
def test_nobodys_lane_ever_moves(edits: list[tuple[list[str], set[int]]]) -> None:
    """Neither of parameters in the board, nor of those that the host has moved once and that may be gone."""
    lanes, reserved = Lanes(), dict[str, int]()
    for names, moved in edits:
        before = {target: lane for lane, target in enumerate(lanes.targets) if target}
        lanes.arrange([*OWN, *names])
        now = {target: lane for lane, target in enumerate(lanes.targets) if target}
        stays = {target: lane for target, lane in before.items() if target in (*OWN, *names)} | reserved
        assert now | stays == now
        assert len(lanes.targets) <= MOST_LANES
        # Either all fit, or no lane is free.
        assert {*OWN, *names} <= now.keys() or None not in lanes.targets
        assert list(lanes.targets[:2]) == OWN
        for target in (f"fx{n}.p" for n in moved):
            if lanes.move(target):
                reserved[target] = now[target]
        again = restored_lanes(lanes.added_to("{}"), ["other"])
        assert again.targets == lanes.targets
        lanes = again


@pytest.mark.parametrize(
    "told",
    [
        "no JSON",
        "[]",
        "[" * 100000,
        '{"lanes": 7}',
        '{"lanes": {"targets": "mix"}}',
        '{"lanes": {"targets": [1, 2]}}',
        '{"lanes": {"targets": ["hall.mix", "mix"], "moved": [0]}}',
        json.dumps({"lanes": {"targets": ["mix", "bypass", *map(str, range(100))]}}),
        '{"lanes": {"targets": ["mix", "bypass"], "moved": {"0": 1}}}',
    ],
)
def test_lanes_that_make_no_sense_are_those_of_the_plugin(told: str) -> None:
    lanes = restored_lanes(told, [*OWN, "hall.mix"])
    assert list(lanes.targets) in ([*OWN, "hall.mix"], [])


def moved_to(plugin: FakePlugin, lane: int, normalised: float, expected: tuple[Engine, int, tuple]) -> None:
    """A host moves a lane, and the track receives it."""
    plugin.activate()
    plugin.push(np.zeros((2, 512), np.float32), [(0, lane, normalised)])
    plugin.await_output()
    engine, number, (key, value) = expected
    wait_until(lambda: engine.track(number).values[key] == value)


def test_what_is_inserted_and_reordered_moves_nobody(plugin: FakePlugin, header: Header, engine: Engine) -> None:
    plugin.set_board(Board([load("hall")]).to_json())
    first = slots(plugin.attach(header))
    other = load("hall")
    other.name = "cave"
    engine.replace_board(1, Board([other, pedalboard.Gain(), load("hall")]))
    answers = plugin.until("end")
    second = slots(answers)
    assert second.items() >= first.items()
    assert second["cave.mix"] == len(first)
    assert len(set(second.values())) == len(second) == int(described(answers)[4])


def test_a_lane_whose_effect_has_gone_is_reserved_and_does_nothing(
    plugin: FakePlugin, header: Header, engine: Engine
) -> None:
    plugin.set_board(Board([load("hall", mix=0.25)]).to_json())
    lanes = slots(plugin.attach(header))
    moved_to(plugin, lanes["hall.mix"], 0.75, (engine, 1, (("hall", "mix"), 0.75)))
    other = load("hall")
    other.name = "cave"
    engine.replace_board(1, Board([other]))
    answers = plugin.until("end")
    while "cave.mix" not in slots(answers):
        answers = plugin.until("end")
    gone = {fields[2]: fields for fields in answers if fields[0] == "slot"}
    # A moved parameter keeps its lane and its value; the lanes of the others, which nobody moved, are given to others.
    assert gone["hall.mix"][1:4] == [str(lanes["hall.mix"]), "hall.mix", "hall.mix (not in the chain)"]
    assert float(gone["hall.mix"][9]) == 0.75
    assert "hall.decay" not in gone
    assert slots(answers)["cave.mix"] != lanes["hall.mix"]
    before = dict(engine.track(1).values)
    plugin.activate()
    plugin.push(np.zeros((2, 512), np.float32), [(0, lanes["hall.mix"], 0.1)])
    plugin.await_output()
    assert engine.track(1).values == before
    # It returns to its lane, also in a project that is opened later.
    plugin.set_board(described(answers)[1], **{target.replace(".", "__"): 0.5 for target in gone})
    back = json.loads(described(answers)[1])
    back["slots"] = json.loads(Board([load("hall")]).to_json())["slots"]
    assert slots(plugin.set_board(json.dumps(back), mix=1.0, bypass=0.0))["hall.mix"] == lanes["hall.mix"]


def test_a_project_of_before_keeps_its_numbers(plugin: FakePlugin, header: Header) -> None:
    """Saved by a version without `decay`, with no lanes in its JSON: only the plugin's order is known."""
    plugin.set_board(Board([load("hall")]).to_json())
    now = sorted(slots(plugin.attach(header)).items(), key=lambda item: item[1])
    before = [target for target, _ in now if target != "hall.decay"]
    answers = plugin.set_board(Board([load("hall")]).to_json(), **{target.replace(".", "__"): 0.0 for target in before})
    lanes = slots(answers)
    assert [lanes[target] for target in before] == list(range(len(before)))
    assert lanes["hall.decay"] == len(before)


def test_events_reach_the_parameter_of_their_lane_after_an_insertion(
    plugin: FakePlugin, header: Header, engine: Engine
) -> None:
    plugin.set_board(Board([load("hall", mix=0.0)]).to_json())
    lane = slots(plugin.attach(header))["hall.mix"]
    other = load("hall", mix=0.0)
    other.name = "cave"
    engine.replace_board(1, Board([other, load("hall", mix=0.0)]))
    plugin.until("end")
    audio = tone(0.3, RATE, channels=2)
    heard = plugin.bounce(audio, [512], [(0, lane, 0.5)])
    want = Board([other, load("hall", mix=0.5)]).render(audio, RATE, tail=False)
    assert np.abs(heard - want).max() <= 1e-6


def test_a_renamed_effect_stays_in_its_lane(plugin: FakePlugin, header: Header, engine: Engine) -> None:
    text = Board([load("hall"), load("hall")]).to_json()
    plugin.set_board(text)
    before = slots(plugin.attach(header))
    board = Board.from_json(text)
    board[1].name = "cave"
    engine.replace_board(1, board)
    answers = plugin.until("end")
    names = {fields[2]: fields[3] for fields in answers if fields[0] == "slot"}
    assert slots(answers) == before
    assert names["hall-2.decay"] == "cave: Decay"
