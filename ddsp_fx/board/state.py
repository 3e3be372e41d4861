# SPDX-License-Identifier: GPL-3.0-or-later
"""A board as JSON and back: by name and parameters, so that a session reopened on another day sounds the same."""

from __future__ import annotations

import base64
import json
from typing import Any

from ddsp_fx.board.board import Board
from ddsp_fx.board.native import is_native, make_native, native_values, set_native
from ddsp_fx.board.plugin_files import load_plugin, plugin_path
from ddsp_fx.effects.trackers import DEFAULT_TRACKER
from ddsp_fx.errors import BoardError, ParameterError

FORMAT = "ddsp-fx board"
VERSION = 1


def board_to_json(board: Board) -> str:
    """Raises BoardError naming the slot that cannot be written down."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "mix": board.mix,
        "slots": [_slot(p, board) for p in board],
    }
    if board.bypass:
        data["bypass"] = True
    return json.dumps(data, indent=2)


def _slot(plugin: Any, board: Board) -> dict[str, Any]:
    if isinstance(plugin, Board):
        return {"type": "board", "board": json.loads(board_to_json(plugin))}
    if is_native(plugin):
        return _native_slot(plugin)
    if not plugin.origin:
        slot = board.slot_names()[board.index(plugin)]
        raise BoardError(f"slot {slot!r} was made in code and has no name to load it by; use ddsp_fx.load")
    saved: dict[str, Any] = {"type": "effect", "name": plugin.origin, "parameters": plugin.values()}
    tracker = getattr(plugin, "tracker", DEFAULT_TRACKER)
    return saved if tracker == DEFAULT_TRACKER else {**saved, "tracker": tracker}


def _native_slot(plugin: Any) -> dict[str, Any]:
    if hasattr(plugin, "raw_state"):
        state = base64.b64encode(plugin.raw_state).decode("ascii")
        # A value set since the last block is not in the state yet: hosts hand values over with the audio.
        values = native_values(plugin)
        return {"type": "plugin file", "path": plugin_path(plugin), "state": state, "parameters": values}
    name = type(plugin).__name__
    data: dict[str, Any] = {"type": "pedalboard", "name": name, "parameters": native_values(plugin)}
    if name == "Convolution":
        raise BoardError("pedalboard's Convolution does not tell its impulse response; use a learned_reverb instead")
    if name in ("Chain", "Mix"):
        data = {"type": "container", "name": name, "slots": [_native_slot(inner) for inner in plugin]}
    return data


def board_from_json(text: str) -> Board:
    """Raises BoardError for text that is not a board, and what loading an effect raises, with the slot's number."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BoardError(f"not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("slots"), list):
        raise BoardError(f"not a board: expected an object with format {FORMAT!r} and a list of slots")
    if data.get("version") != VERSION:
        raise BoardError(f"board version {data.get('version')!r} is unknown to this ddsp-fx, which reads {VERSION}")
    try:
        plugins = [_plugin(slot) for slot in data["slots"]]
        return Board(plugins, mix=data.get("mix", 1.0), bypass=data.get("bypass", False))
    except (KeyError, TypeError, AttributeError) as error:
        raise BoardError(f"a slot of the board is malformed: {type(error).__name__}: {error}") from None


def _plugin(slot: dict[str, Any]) -> Any:
    kind = slot["type"]
    if kind == "board":
        return board_from_json(json.dumps(slot["board"]))
    if kind == "effect":
        from ddsp_fx.bundles.loading import load

        return load(slot["name"], tracker=slot.get("tracker"), **slot["parameters"])
    if kind == "pedalboard":
        return make_native(slot["name"], slot["parameters"])
    if kind == "container":
        import pedalboard

        if slot["name"] not in ("Chain", "Mix"):
            raise BoardError(f"unknown container {slot['name']!r}; expected Chain or Mix")
        return getattr(pedalboard, slot["name"])([_plugin(inner) for inner in slot["slots"]])
    if kind == "plugin file":
        return _restored_plugin(slot)
    raise BoardError(f"unknown slot type {kind!r}; expected effect, pedalboard, container, plugin file or board")


def _restored_plugin(slot: dict[str, Any]) -> Any:
    plugin = load_plugin(slot["path"])
    try:
        plugin.raw_state = base64.b64decode(slot["state"], validate=True)
    except ValueError as error:
        raise ParameterError(f"the state of {slot['path']} cannot be restored: {error}") from None
    for symbol, value in slot.get("parameters", {}).items():
        set_native(plugin, symbol, value)
    return plugin
