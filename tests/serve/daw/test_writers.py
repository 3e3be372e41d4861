# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for each DAW contain every parameter once, with its range, in the vendor's format."""

import json
import re
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import pedalboard
import pytest
from daw_examples import CHAIN, FOLDER, made
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise

from ddsp_fx.board import Board
from ddsp_fx.board.text import parse_board
from ddsp_fx.effects import Parameter
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import BoardError
from ddsp_fx_bridge.daw import ardour, bitwig, live, reaper, stage_control, touchosc
from ddsp_fx_bridge.daw.command import WRITERS
from ddsp_fx_bridge.daw.faders import Fader, Target, board_faders
from ddsp_fx_bridge.daw.files import write_all

# Keys in the source of REAPER's control surface (reaper-sdk, csurf_osc.cpp).
REAPER_KEYS = {
    *(f"DEVICE_{what}_COUNT" for what in ("TRACK", "SEND", "RECEIVE", "FX", "FX_PARAM", "FX_INST_PARAM")),
    *("REAPER_TRACK_FOLLOWS", "DEVICE_TRACK_FOLLOWS", "DEVICE_TRACK_BANK_FOLLOWS", "DEVICE_FX_FOLLOWS"),
    "FX_PARAM_VALUE",
}
SLIDER = re.compile(r"slider(\d+):([-\d.e]+)<([-\d.e]+),([-\d.e]+),([-\d.e]+)(?:\{([^}]+)\})?>([^<>{}]+)")


@pytest.fixture(scope="module")
def faders() -> list[Fader]:
    return board_faders(parse_board(CHAIN))


def parameters() -> st.SearchStrategy[Parameter]:
    names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20)
    ends = st.tuples(st.floats(-1e4, 1e4), st.floats(1e-2, 1e4)).map(lambda e: (e[0], e[0] + e[1]))
    units = st.sampled_from(["", "dB", "Hz"])
    numbers = st.builds(lambda n, e, u: Parameter(n, *e, e[0], u), names, ends, units)
    switches = st.builds(lambda n: Parameter(n, default=True, scale="toggle"), names)
    texts = st.lists(names, min_size=2, max_size=9, unique=True)
    menus = st.builds(lambda n, c: Parameter(n, default=c[-1], scale="choices", choices=tuple(c)), names, texts)
    return st.one_of(numbers, switches, menus)


def board_of(declared: list[Parameter]) -> list[Fader]:
    for index, parameter in enumerate(declared):
        parameter.symbol = f"p{index}"
    return [Fader("slot", "slot", parameter, parameter.default) for parameter in declared]


ANY = st.lists(parameters(), min_size=1, max_size=12).map(board_of)


@pytest.mark.parametrize("kind", WRITERS)
def test_the_ready_made_files_are_current(kind: str) -> None:
    for name, content in made(kind).items():
        path = FOLDER / kind / name
        found = path.read_bytes()
        expected = content if isinstance(content, bytes) else content.encode()
        if name.endswith(".tosc"):
            # Another version of zlib may compress differently.
            found, expected = zlib.decompress(found), zlib.decompress(expected)
        assert found == expected, f"{path}: run python tests/daw_examples.py"


def test_every_parameter_has_a_fader_and_an_address_of_its_own(faders: list[Fader]) -> None:
    board = parse_board(CHAIN)
    declared = sum(len(effect.parameters) for effect in (*board, board))
    assert len(faders) == declared == len({fader.address(1) for fader in faders})
    assert faders[0].address(2) == "/track/2/violin/pitch_shift"
    assert faders[-1].address(1).startswith("/track/1/")
    assert len({fader.label for fader in faders}) == declared


def test_faders_can_be_chosen_and_ordered() -> None:
    board = Board([LearnedReverb.from_response(decaying_noise(0.1, 0.1, 16000), 16000), pedalboard.Gain()])
    chosen = board_faders(board, ["mix", "response.decay"])
    assert [fader.target for fader in chosen] == ["mix", "response.decay"]
    with pytest.raises(BoardError, match=r"no fader is called 'response\.decoy'; did you mean 'response\.decay'"):
        board_faders(board, ["response.decoy"])


@given(ANY)
def test_jsfx_sliders_follow_the_grammar(faders: list[Fader]) -> None:
    lines = [line for line in reaper.jsfx(faders).split("\n") if line.startswith("slider")]
    assert len(lines) == len(faders)
    for index, (line, fader) in enumerate(zip(lines, faders, strict=True), start=1):
        match = SLIDER.fullmatch(line)
        assert match, line
        number, value, low, high, step, texts, _ = match.groups()
        assert int(number) == index
        assert float(low) <= float(value) <= float(high)
        assert 0 < float(step) <= max(float(high) - float(low), 1)
        assert len(texts.split(",")) == len(fader.texts) if texts else fader.is_continuous


def test_the_pattern_file_has_keys_that_reaper_reads(faders: list[Fader]) -> None:
    lines = [line for line in reaper.pattern(len(faders)).splitlines() if not line.startswith("#")]
    assert {line.split()[0] for line in lines} <= REAPER_KEYS
    patterns = next(line for line in lines if line.startswith("FX_PARAM_VALUE")).split()[1:]
    # Feedback for every track, as the relay's map expects it.
    assert any(pattern.count("@") == 3 for pattern in patterns)
    heard = reaper.relay_map(faders, Target()).routes[0].hear[0]
    assert re.sub(r"\d+", "@", heard) in {pattern[1:] for pattern in patterns}
    assert f"DEVICE_FX_PARAM_COUNT {len(faders)}" in lines


@pytest.mark.parametrize("plan", [reaper.relay_map, bitwig.relay_map, live.relay_map])
def test_maps_reach_both_ends_of_every_parameter(plan: object, faders: list[Fader]) -> None:
    by_wire = {fader.wire(1)[0]: fader.wire(1) for fader in faders}
    routes = plan(faders[:8], Target()).routes  # type: ignore[operator]
    first = [route for route in routes if route.engine in by_wire]
    assert len(first) == 8
    for route in first:
        _, low, high = by_wire[route.engine]
        assert (route.to_engine(route.low), route.to_engine(route.high)) == (low, high)
        assert (route.to_daw(low), route.to_daw(high)) == (route.low, route.high)


@given(ANY)
def test_the_touchosc_layout_is_a_tree_of_nodes(faders: list[Fader]) -> None:
    root = ET.fromstring(zlib.decompress(touchosc.tosc(faders, Target())))
    assert root.tag == "lexml"
    nodes = root.findall(".//node")
    assert len({node.get("ID") for node in nodes}) == len(nodes)
    for node in nodes:
        assert {"frame", "name", "color"} <= {key.text for key in node.findall("./properties/property/key")}
    sent = [osc.findtext("./path/partial/value") for osc in root.findall(".//osc") if osc.findtext("send") == "1"]
    assert sent == ["/subscribe"] * 4 + ["/refresh"] + [f"{fader.address(1)}/n" for fader in faders]
    starts = [
        float(node.findtext("./values/value/default") or "nan")
        for node in nodes
        if node.get("type") in ("FADER", "BUTTON") and node.findtext("./messages/osc/receive") == "1"
    ]
    assert starts == pytest.approx([f.parameter.normalise(f.value) for f in faders], abs=1e-6)


@given(ANY)
def test_the_stage_control_session_has_one_widget_a_fader(faders: list[Fader]) -> None:
    data = json.loads(json.dumps(stage_control.session(faders, Target("studio", 9100, 3))))
    widgets = [w for tab in data["content"]["tabs"] for w in tab["widgets"] if "address" in w]
    assert [w["address"] for w in widgets] == [fader.wire(3)[0] for fader in faders]
    assert {w["target"] for w in widgets} == {"studio:9100"}
    ids = [w["id"] for tab in data["content"]["tabs"] for w in tab["widgets"]]
    assert len(set(ids)) == len(ids)
    for widget, fader in zip(widgets, faders, strict=True):
        if widget["type"] == "dropdown":
            assert [fader.parameter.from_normalised(v) for v in widget["values"].values()] == list(fader.texts)


@given(ANY)
def test_the_max_device_is_whole(faders: list[Fader]) -> None:
    data = live.amxd(live.patcher(faders, Target()))
    chunks = {}
    while data:
        name, size = data[:4], struct.unpack("<I", data[4:8])[0]
        chunks[name], data = data[8 : 8 + size], data[8 + size :]
    assert chunks[b"ampf"] == b"aaaa"
    patch = json.loads(chunks[b"ptch"].rstrip(b"\0"))["patcher"]
    boxes = {box["box"]["id"]: box["box"] for box in patch["boxes"]}
    assert len(boxes) == len(patch["boxes"])
    for line in patch["lines"]:
        (source, outlet), (destination, inlet) = line["patchline"]["source"], line["patchline"]["destination"]
        assert outlet < boxes[source]["numoutlets"]
        assert inlet < boxes[destination]["numinlets"]
    dials = [box for box in boxes.values() if box.get("parameter_enable")]
    assert len(dials) == len(faders)
    assert len({d["saved_attribute_attributes"]["valueof"]["parameter_longname"] for d in dials}) <= len(faders)


@given(ANY)
def test_lua_strings_are_closed(faders: list[Fader]) -> None:
    text = ardour.plugin(faders, Target()) + ardour.sender(faders, Target())
    unescaped = re.sub(r"\\.", "", text)
    assert all(line.count('"') % 2 == 0 for line in unescaped.split("\n"))


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    assert [path.read_text() for path in write_all(tmp_path / "new", {"a": "1", "b": b"2"})] == ["1", "2"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b"]
    (tmp_path / "file").write_text("")
    with pytest.raises(BoardError, match="cannot be written"):
        write_all(tmp_path / "file", {"a": "1"})
