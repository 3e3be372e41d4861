# SPDX-License-Identifier: GPL-3.0-or-later
"""What an untrusted board may load: only installed code, no files, and nothing of unlimited size."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pedalboard.io import AudioFile
from support import decaying_noise, mutated, tone

from ddsp_fx import Board, load
from ddsp_fx.board import plugin_files
from ddsp_fx.board.text import parse_board
from ddsp_fx.cli import main
from ddsp_fx.errors import BoardError, DdspFxError
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.link.menu import Menu

RATE = 48000


def board_of(*slots: Any, **more: Any) -> str:
    return json.dumps({"format": "ddsp-fx board", "version": 1, "slots": list(slots), **more})


def plugin_at(path: str) -> str:
    return board_of({"type": "plugin file", "path": path, "state": ""})


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose code would have run."""
    paths: list[str] = []

    def load_it(path: str) -> Any:
        paths.append(path)
        raise ImportError("nothing is run in this test")

    monkeypatch.setattr(pedalboard, "load_plugin", load_it)
    return paths


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    path = tmp_path / "evil.vst3"
    path.mkdir()
    return path


def test_a_board_runs_no_code_that_is_not_installed(stranger: Path, loaded: list[str]) -> None:
    for text in (plugin_at(str(stranger)), board_of({"type": "board", "board": json.loads(plugin_at(str(stranger)))})):
        with pytest.raises(BoardError, match=r"is not in this system's plugin folders.*trust=True"):
            Board.from_json(text)
    inside = {"type": "container", "name": "Chain", "slots": [json.loads(plugin_at(str(stranger)))["slots"][0]]}
    with pytest.raises(BoardError, match="plugin folders"):
        Board.from_json(board_of(inside))
    assert loaded == []


def test_the_caller_s_word_loads_it(stranger: Path, loaded: list[str]) -> None:
    with pytest.raises(BoardError, match="cannot be loaded as a plugin"):
        Board.from_json(plugin_at(str(stranger)), trust=True)
    assert loaded == [str(stranger)]


def test_what_is_installed_is_found_by_its_name_wherever_the_board_was_made(
    stranger: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = stranger.parent / "system" / "good.vst3"
    installed.mkdir(parents=True)
    monkeypatch.setattr(plugin_files, "installed_plugins", lambda: [str(installed)])
    for path in ("/Library/Audio/good.vst3", r"C:\VST3\good.vst3", str(stranger.parent / "good.vst3")):
        with pytest.raises(BoardError, match="cannot be loaded as a plugin"):
            Board.from_json(plugin_at(path))
    assert loaded == [str(installed)] * 3


def test_a_chain_that_is_typed_is_the_user_s_word_and_a_project_s_is_not(stranger: Path, loaded: list[str]) -> None:
    with pytest.raises(BoardError, match="cannot be loaded as a plugin"):
        parse_board(str(stranger))
    menu = Menu(Library(stranger.parent / "boards", ".json"))
    for text in (str(stranger), plugin_at(str(stranger))):
        with pytest.raises(BoardError, match="plugin folders"):
            menu.board(text)
    assert loaded == [str(stranger)]


def test_a_board_file_on_the_command_line_needs_the_word_trust(
    stranger: Path, loaded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = stranger.with_name("board.json")
    path.write_text(plugin_at(str(stranger)))
    command = ["apply", "examples/vocal.wav", str(stranger.with_name("out.wav")), str(path)]
    assert main(command) == 2
    assert "--trust of apply and serve" in capsys.readouterr().err
    assert loaded == []
    assert main([*command, "--trust"]) == 2
    assert loaded == [str(stranger)]


def test_a_board_reads_no_file_as_a_response(tmp_path: Path) -> None:
    with AudioFile(str(tmp_path / "room.wav"), "w", RATE, 1, bit_depth=32) as file:
        file.write(decaying_noise(0.2, 0.2, RATE))
    for path in (str(tmp_path / "room.wav"), "/etc/passwd", "/dev/zero"):
        parameters = {"impulse_response_filename": path, "mix": 1.0}
        slot = {"type": "pedalboard", "name": "Convolution", "parameters": parameters}
        with pytest.raises(BoardError, match="may not choose a file"):
            Board.from_json(board_of(slot))
        with pytest.raises(BoardError, match="may not name a file"):
            parse_board(f"Convolution:impulse_response_filename={path}", typed=False)
    named = {"impulse_response_filename": str(tmp_path / "room.wav"), "mix": 1.0}
    slot = {"type": "pedalboard", "name": "Convolution", "parameters": named}
    assert Board.from_json(board_of(slot), trust=True)
    assert parse_board(f"Convolution:impulse_response_filename={tmp_path / 'room.wav'},mix=0.5")[0].mix == 0.5


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "absent.wav", "."])
def test_a_response_that_is_no_sound_is_refused(path: str) -> None:
    with pytest.raises(DdspFxError, match="not a usable impulse response"):
        parse_board(f"Convolution:impulse_response_filename={path}")


def test_a_response_is_kept_with_the_board(tmp_path: Path) -> None:
    path = tmp_path / "room.wav"
    with AudioFile(str(path), "w", 44100, 2, bit_depth=32) as file:
        file.write(decaying_noise(0.2, 0.3, 44100, paths=2))
    board = Board([pedalboard.Convolution(str(path), 0.4)])
    text = board.to_json()
    path.unlink()
    audio = tone(0.3, RATE, channels=2)
    again = Board.from_json(text)
    # pedalboard read the file the first time, libsndfile the second.
    assert np.abs(again(audio, RATE) - board(audio, RATE)).max() < 1e-6
    assert again[0].mix == pytest.approx(0.4)


RESPONSE = json.loads(Board([pedalboard.Convolution(np.ones((1, 4), np.float32), 1.0, 48000.0)]).to_json())["slots"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"sample_rate": 1e12},
        {"sample_rate": "48000"},
        {"sample_rate": float("nan")},
        {"channels": 0},
        {"channels": 1 << 40},
        {"channels": 3},
        {"samples": "A" * 100},
        {"samples": "ÿ"},
        {"samples": 7},
        {"samples": ""},
        {"samples": "AADAfw=="},
        {"mix": 7},
        {"mix": "x"},
    ],
)
def test_a_response_that_is_malformed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BoardError):
        Board.from_json(board_of({**RESPONSE, **change}))


ODD: dict[str, Any] = {
    "name is a list": {"type": "effect", "name": [1], "parameters": {}},
    "name is long": {"type": "effect", "name": "a" * 100_000, "parameters": {}},
    "name is long for a file": {"type": "effect", "name": "a" * 3000 + ".tflite", "parameters": {}},
    "name is long for a zip": {"type": "effect", "name": "a" * 3000 + ".zip", "parameters": {}},
    "name has a NUL": {"type": "effect", "name": "a\0b", "parameters": {}},
    "name is half a pair": {"type": "effect", "name": "\ud800", "parameters": {}},
    "values are a list": {"type": "effect", "name": "violin", "parameters": [1]},
    "more places": {"type": "effect", "name": "violin", "parameters": {"paths": ["/tmp"]}},
    "a preset among values": {"type": "effect", "name": "violin", "parameters": {"preset": "vocal"}},
    "tracker is a number": {"type": "effect", "name": "violin", "parameters": {}, "tracker": 5},
    "tracker is a path": {"type": "effect", "name": "violin", "parameters": {}, "tracker": "../../x"},
    "digits": {"type": "effect", "name": "violin", "parameters": {"mix": 10**4000}},
    "plugin path is a number": {"type": "plugin file", "path": 7, "state": ""},
    "plugin path has a NUL": {"type": "plugin file", "path": "a\0b", "state": ""},
    "class is a number": {"type": "pedalboard", "name": 5, "parameters": {}},
    "class of Python": {"type": "pedalboard", "name": "__class__", "parameters": {}},
    "value of Python": {"type": "pedalboard", "name": "Gain", "parameters": {"__class__": 1}},
    "rate without end": {"type": "pedalboard", "name": "Resample", "parameters": {"target_sample_rate": 1e12}},
    "delay without end": {"type": "pedalboard", "name": "Delay", "parameters": {"delay_seconds": float("inf")}},
    "too many": {"type": "container", "name": "Chain", "slots": [{"type": "pedalboard", "name": "Gain"}] * 20_000},
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_slot_is_one_error_of_ours(name: str) -> None:
    with pytest.raises(DdspFxError) as caught:
        Board.from_json(board_of(ODD[name]))
    assert len(str(caught.value)) < 6000


@pytest.mark.parametrize("name", ["board", "container", "list"])
def test_nesting_without_end_is_an_error_of_ours(name: str) -> None:
    start, end = {
        "board": ('{"format":"ddsp-fx board","version":1,"slots":[{"type":"board","board":', "}]}"),
        "container": ('{"type":"container","name":"Chain","slots":[', "]}"),
        "list": ("[", "]"),
    }[name]
    depth = sys.getrecursionlimit() * 2
    inner = start * depth + "{}" + end * depth
    text = inner if name != "container" else '{"format":"ddsp-fx board","version":1,"slots":[' + inner + "]}"
    with pytest.raises(BoardError):
        Board.from_json(text)


@given(st.integers(0, 1 << 32))
def test_any_damage_of_a_board_s_text_is_a_board_or_an_error_of_ours(seed: int) -> None:
    text = Board(
        [load("violin-room", mix=0.5), pedalboard.Compressor(), Board([pedalboard.Mix([pedalboard.Gain()])])]
    ).to_json()
    damaged = mutated(text.encode() + b" " * 64, np.random.default_rng(seed)).decode("utf-8", "replace")
    try:
        assert isinstance(Board.from_json(damaged), Board)
    except DdspFxError as error:
        assert str(error)  # noqa: PT017
