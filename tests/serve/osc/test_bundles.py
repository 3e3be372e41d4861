# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns and bundles act as a whole, and at their time."""

from pathlib import Path

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.osc.packets import encode, encode_bundle
from serve.osc.desk import BLOCK, RATE, Desk


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
        names = {
            "/track/1/hall/mix": ("hall", "mix"),
            "/track/1/mix": ("", "mix"),
            "/track/1/hall/width": ("hall", "width"),
        }
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
    # The block that contains the time has the change: at most one more block.
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


def test_a_packet_that_is_refused_in_part_has_changed_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes for now and later, of several groups, and commands that cannot be carried out in the current state."""
    before = dict(desk.engine.track(1).values)
    now = encode_bundle([encode("/track/1/mix", [0.9])])
    desk.studio.record(1, "running")
    refused = [
        encode("/track/1/take/record", ["another"]),
        encode("/track/1/take/play", ["nowhere"]),
        encode("/track/1/board/load", ["nowhere"]),
        encode("/track/1/board/save", ["../up"]),
        encode("/track/1/mix", [7.0]),
    ]
    for message in refused:
        desk.service.packet(desk.a, encode_bundle([now, encode_bundle([message])]))
        assert [address for address, _ in desk.a.take()] == ["/error"]
        assert desk.engine.track(1).values == before
    monkeypatch.setattr("ddsp_fx_bridge.engine.schedule.MOST_TIMED", 0)
    later = encode_bundle([encode("/track/1/mix", [0.1])], desk.time_s + 5.0)
    desk.service.packet(desk.a, encode_bundle([now, later]))
    assert desk.a.errors()[0][0] == 503
    assert desk.engine.track(1).values == before
    desk.studio.stop_take(1)


def test_a_wall_clock_that_is_set_moves_no_change_that_waits(desk: Desk) -> None:
    wall = [5000.0]
    desk.service.dispatcher._wall = lambda: wall[0]
    desk.service.packet(desk.a, encode_bundle([encode("/track/1/mix", [0.25])], 5000.2))
    wall[0] += 3600.0
    desk.engine.process(np.zeros((2, BLOCK), np.float32), desk.time_s)
    desk.time_s += 0.1
    desk.studio.tick()
    assert desk.engine.track(1).values["", "mix"] == 1.0
    desk.time_s += 0.2
    desk.studio.tick()
    assert desk.engine.track(1).values["", "mix"] == 0.25
