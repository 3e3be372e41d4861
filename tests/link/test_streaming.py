# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin's sound is the board's: with any block sizes, at every activation, with automation at its position."""

from collections.abc import Callable

import numpy as np
import pedalboard
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import tone

from ddsp_fx import Automation, Board, load
from ddsp_fx_bridge.engine import Change, Engine
from ddsp_fx_bridge.http.eyes import Eyes
from ddsp_fx_bridge.link.segment import Header

from .conftest import RATE
from .fake_plugin import Event, FakePlugin, wait_until

MIX, HALL_MIX = "mix", "hall.mix"


def board() -> Board:
    """A board with latency: 962 samples at 48 kHz, before the hall."""
    return Board([pedalboard.Resample(), load("hall", mix=0.4), pedalboard.Gain(-3)])


def slots(answers: list[list[str]]) -> dict[str, int]:
    """Slot numbers by target."""
    return {fields[2]: int(fields[1]) for fields in answers if fields[0] == "slot"}


def described(answers: list[list[str]]) -> list[str]:
    return next(fields for fields in answers if fields[0] == "describe")


def padded(audio: np.ndarray, latency: int) -> np.ndarray:
    return np.concatenate([audio, np.zeros((audio.shape[0], latency), np.float32)], axis=1)


def bounced(
    plugin: FakePlugin, answers: list[list[str]], audio: np.ndarray, sizes: list[int], events: list[Event] | None = None
) -> np.ndarray:
    """Removes the latency."""
    latency = int(described(answers)[2])
    return plugin.bounce(padded(audio, latency), sizes, events or [])[:, latency:]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [44100.0, 96000.0])
def test_a_bounce_is_what_python_renders(plugin: FakePlugin, channels: int, rate: float) -> None:
    plugin.set_board(board().to_json())
    answers = plugin.attach(Header(channels, 32768, rate, 992, 64))
    audio = tone(0.3, rate, channels=channels)
    expected = board().render(audio, rate, tail=False)
    assert np.abs(bounced(plugin, answers, audio, [480, 1, 1024, 37, 4000]) - expected).max() < 1e-6


def test_the_panel_knows_the_latency_of_the_link(plugin: FakePlugin, engine: Engine) -> None:
    plugin.set_board(board().to_json())
    plugin.attach(Header(2, 32768, RATE, 736, 64))
    look = Eyes(engine, engine.track(1)).look()
    assert (look["latency_ms"], look["link_latency_ms"]) == (20.0, 15.3)
    plugin.attach(Header(2, 32768, RATE, 400, 64))
    assert Eyes(engine, engine.track(1)).look()["link_latency_ms"] == 8.3


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 8192), min_size=1, max_size=6))
def test_block_sizes_do_not_matter(connect: Callable[[], FakePlugin], header: Header, sizes: list[int]) -> None:
    plugin = connect()
    plugin.set_board(board().to_json())
    answers = plugin.attach(header)
    # With blocks of one sample, only a moment of it.
    audio = tone(0.25, RATE, channels=2)[:, : 200 * sum(sizes)]
    expected = board().render(audio, RATE, tail=False)
    assert np.abs(bounced(plugin, answers, audio, sizes) - expected).max() < 1e-6
    plugin.close()


@pytest.mark.parametrize("sizes", [[256], [1024, 3], [8192]])
def test_automation_is_where_it_was_drawn(plugin: FakePlugin, header: Header, sizes: list[int]) -> None:
    plugin.set_board(board().to_json())
    answers = plugin.attach(header)
    at = slots(answers)
    audio = tone(0.3, RATE, channels=2)
    curves = {MIX: [(0, 0.3), (5001, 1.0), (5002, 0.5)], HALL_MIX: [(0, 1.0), (777, 0.0), (9000, 0.75), (14000, 0.1)]}
    events = sorted((sample, at[target], value) for target, points in curves.items() for sample, value in points)
    timed = {target: _steps(points) for target, points in curves.items()}
    expected = board().render(audio, RATE, tail=False, automation=Automation(timed))
    out = bounced(plugin, answers, audio, sizes, events)
    assert np.abs(out - expected).max() < 1e-6
    assert np.abs(out - board().render(audio, RATE, tail=False)).max() > 0.05


def _steps(points: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Held values instead of a line: two points at each position."""
    out = [(points[0][0] / RATE, points[0][1])]
    for sample, value in points[1:]:
        out += [(sample / RATE, out[-1][1]), (sample / RATE, value)]
    return out


def test_every_activation_sounds_the_same(plugin: FakePlugin, header: Header) -> None:
    plugin.set_board(board().to_json())
    at = slots(plugin.attach(header))
    audio = tone(0.2, RATE, channels=2)
    events = [(0, at[HALL_MIX], 0.2), (4000, at[HALL_MIX], 0.9)]
    first = plugin.bounce(audio, [512], events)
    assert np.array_equal(plugin.bounce(audio, [512], events), first)


def test_values_stay_over_an_activation_even_those_on_their_way(plugin: FakePlugin, header: Header) -> None:
    plugin.set_board(board().to_json())
    answers = plugin.attach(header)
    audio = tone(0.1, RATE, channels=2)
    # The last sample's event has not reached the hall's position in the chain when the stream ends.
    plugin.bounce(audio, [480], [(audio.shape[1] - 1, slots(answers)[HALL_MIX], 1.0)])
    wet = board()
    wet[1].mix = 1.0
    assert np.abs(bounced(plugin, answers, audio, [480]) - wet.render(audio, RATE, tail=False)).max() < 1e-6


def test_values_come_with_the_board(plugin: FakePlugin, header: Header) -> None:
    answers = plugin.set_board(board().to_json(), hall__mix=0.75, no__such=0.5) + plugin.attach(header)
    wet = board()
    wet[1].mix = 0.75
    audio = tone(0.1, RATE, channels=2)
    assert np.abs(bounced(plugin, answers, audio, [480]) - wet.render(audio, RATE, tail=False)).max() < 1e-6


def test_another_board_or_rate_takes_over(plugin: FakePlugin, header: Header, engine: Engine) -> None:
    plugin.set_board(board().to_json())
    plugin.attach(header)
    audio = tone(0.1, RATE, channels=2)
    plugin.bounce(audio, [480])
    answers = plugin.set_board(Board([load("hall", mix=1.0)]).to_json())
    wet = Board([load("hall", mix=1.0)])
    assert np.abs(bounced(plugin, answers, audio, [480]) - wet.render(audio, RATE, tail=False)).max() < 1e-6
    slow = tone(0.1, 44100.0, channels=1)
    answers = plugin.attach(Header(1, 16384, 44100.0, 992, 64))
    assert np.abs(bounced(plugin, answers, slow, [480]) - wet.render(slow, 44100.0, tail=False)).max() < 1e-6
    assert list(engine.tracks) == [1]


def test_events_for_a_new_board_come_with_its_first_block(plugin: FakePlugin, header: Header) -> None:
    plugin.set_board(Board().to_json())
    plugin.attach(header)
    audio = tone(0.1, RATE, channels=2)
    plugin.bounce(audio, [480])
    answers = plugin.set_board(board().to_json())
    wet = board()
    wet[1].mix = 1.0
    out = bounced(plugin, answers, audio, [480], [(0, slots(answers)[HALL_MIX], 1.0)])
    assert np.abs(out - wet.render(audio, RATE, tail=False)).max() < 1e-6


def test_what_others_change_goes_to_the_plugin_and_what_it_changes_to_them(
    plugin: FakePlugin, header: Header, engine: Engine
) -> None:
    plugin.set_board(board().to_json())
    at = slots(plugin.attach(header))
    key = ("hall", "mix")
    engine.change([Change(1, *key, 0.625)], "a fader")
    assert plugin.until("values")[-1] == ["values", str(at[HALL_MIX]), "0.625"]
    engine.change([Change(1, "Gain", "gain_db", -9.0)], "a fader")
    assert '"gain_db": -9.0' in plugin.until("state")[-1][1]
    plugin.bounce(tone(0.05, RATE, channels=2), [480], [(100, at[HALL_MIX], 0.25)])
    wait_until(lambda: engine.track(1).values[key] == 0.25)
    # It does not receive its own changes.
    assert plugin.answers() == []


def test_a_board_from_elsewhere_is_described_and_one_without_a_name_refused(
    plugin: FakePlugin, header: Header, engine: Engine
) -> None:
    plugin.attach(header)
    engine.replace_board(1, board())
    assert slots(plugin.until("end"))[HALL_MIX]
    nameless = load("hall")
    nameless.origin = ""
    engine.replace_board(1, Board([nameless]))
    verb, about, text = plugin.until("error")[-1]
    assert (verb, about) == ("error", "board")
    assert "has no name to load it by" in text


def test_two_plugins_are_two_tracks(connect: Callable[[], FakePlugin], header: Header, engine: Engine) -> None:
    one, other = connect(), connect()
    for plugin, mix in ((one, 0.0), (other, 1.0)):
        plugin.set_board(Board([load("hall", mix=mix)]).to_json())
        plugin.attach(header)
    assert list(engine.tracks) == [1, 2]
    audio = tone(0.1, RATE, channels=2)
    for plugin, mix in ((one, 0.0), (other, 1.0)):
        expected = Board([load("hall", mix=mix)]).render(audio, RATE, tail=False)
        assert np.abs(plugin.bounce(audio, [480]) - expected).max() < 1e-6


def test_what_is_not_a_number_becomes_silence(plugin: FakePlugin, header: Header) -> None:
    plugin.set_board(board().to_json())
    plugin.attach(header)
    audio = tone(0.1, RATE, channels=2)
    audio[:, 1000:1100] = np.nan
    audio[:, 2000] = np.inf
    assert np.isfinite(plugin.bounce(audio, [480])).all()
    assert plugin.answers() == []
