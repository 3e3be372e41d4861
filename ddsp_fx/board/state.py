# SPDX-License-Identifier: GPL-3.0-or-later
"""A board as JSON and back: by name and parameters, so that a session reopened on another day sounds the same."""

from __future__ import annotations

import json
from typing import Any

from ddsp_fx.board.board import Board
from ddsp_fx.board.native import is_native
from ddsp_fx.board.native_state import native_from_data, native_to_data
from ddsp_fx.board.slot_naming import next_namings
from ddsp_fx.effects.trackers import DEFAULT_TRACKER
from ddsp_fx.errors import BoardError

FORMAT = "ddsp-fx board"
VERSION = 1


def board_to_json(board: Board) -> str:
    """Raises BoardError naming the slot that cannot be written down, and what of it."""
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "mix": board.mix}
    if board.bypass:
        data["bypass"] = True
    if board.name != board.kind:
        data["name"] = board.name
    names = board.slot_names()
    data["slots"] = [_slot(plugin, name) for plugin, name in zip(board, names, strict=True)]
    if names != [name for _, name in next_namings(list(board), [])]:
        data["slot_names"] = names
    return json.dumps(data, indent=2)


def _slot(plugin: Any, name: str) -> dict[str, Any]:
    try:
        if isinstance(plugin, Board):
            return {"type": "board", "board": json.loads(board_to_json(plugin))}
        saved: dict[str, Any] = native_to_data(plugin) if is_native(plugin) else _effect(plugin)
    except BoardError as error:
        raise BoardError(f"slot {name!r}: {error}") from None
    return saved


def _effect(plugin: Any) -> dict[str, Any]:
    if not plugin.origin:
        raise BoardError("it was made in code and has no name to load it by; use ddsp_fx.load")
    saved: dict[str, Any] = {"type": "effect", "name": plugin.origin, "parameters": plugin.values()}
    tracker = getattr(plugin, "tracker", DEFAULT_TRACKER)
    if tracker != DEFAULT_TRACKER:
        saved["tracker"] = tracker
    # An effect is loaded under its symbol, the last part of "org.example.violin/violin" or "/a/bundle#violin".
    if plugin.name != plugin.origin.rpartition("#")[2].rpartition("/")[2]:
        saved["called"] = plugin.name
    return saved


def board_from_json(text: str) -> Board:
    """Raises BoardError for text that is not a board, and what loading an effect raises, with the slot's number."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BoardError(f"not JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("slots"), list):
        raise BoardError(f"not a board: expected an object with format {FORMAT!r} and a list of slots")
    if data.get("version") != VERSION:
        raise BoardError(f"board version {data.get('version')!r} is unknown to this ddsp-fx, which reads {VERSION}")
    try:
        board = Board(
            [_plugin(slot) for slot in data["slots"]], mix=data.get("mix", 1.0), bypass=data.get("bypass", False)
        )
        board.name = str(data.get("name", board.name))
        if "slot_names" in data:
            board.name_slots([str(name) for name in data["slot_names"]])
    except (KeyError, TypeError, AttributeError) as error:
        raise BoardError(f"a slot of the board is malformed: {type(error).__name__}: {error}") from None
    return board


def _plugin(slot: dict[str, Any]) -> Any:
    kind = slot["type"]
    if kind == "board":
        return board_from_json(json.dumps(slot["board"]))
    if kind == "effect":
        from ddsp_fx.bundles.loading import load

        effect = load(slot["name"], tracker=slot.get("tracker"), **slot["parameters"])
        effect.name = str(slot.get("called", effect.name))
        return effect
    return native_from_data(slot)
