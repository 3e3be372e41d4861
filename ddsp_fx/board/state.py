# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves a board as JSON and restores it, by name and parameters, so that a reopened session sounds the same."""

from __future__ import annotations

import json
from typing import Any

from ddsp_fx.analysis.trackers import DEFAULT_TRACKER
from ddsp_fx.board.board import Board
from ddsp_fx.board.branches import Chain, Mix
from ddsp_fx.board.native import is_native
from ddsp_fx.board.native_state import native_from_data, native_to_data
from ddsp_fx.board.slot_naming import next_namings
from ddsp_fx.errors import BoardError, DdspFxError

FORMAT = "ddsp-fx board"
# A ddsp-fx that knows no branches refuses one: it would play them one after another.
FORMATS: dict[str, type[Board]] = {FORMAT: Board, "ddsp-fx chain": Chain, "ddsp-fx mix": Mix}
VERSION = 1
# Plugins' states and impulse responses make them long.
MOST_CHARACTERS = 256 << 20
MOST_SLOTS = 512
MOST_NAME = 4096


def board_to_json(board: Board) -> str:
    """Raises BoardError naming the slot that cannot be written down, and what of it."""
    data: dict[str, Any] = {"format": _format_of(board), "version": VERSION, "mix": board.mix}
    if board.bypass:
        data["bypass"] = True
    if board.name != board.kind:
        data["name"] = board.name
    names = board.slot_names()
    data["slots"] = [_slot(plugin, name) for plugin, name in zip(board, names, strict=True)]
    if names != [name for _, name in next_namings(list(board), [])]:
        data["slot_names"] = names
    return json.dumps(data, indent=2)


def _format_of(board: Board) -> str:
    return next((name for name, kind in FORMATS.items() if kind is type(board)), FORMAT)


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


def board_from_json(text: str, trust: bool = False) -> Board:
    """Raises BoardError for text that is not a board, and what loading an effect raises.

    Args:
        text: as `board_to_json` writes it, from wherever it comes.
        trust: run a plugin's code, or read a response, from any path that the text names; without it a plugin's path is
            a name in the system's plugin folders.
    """
    if len(text) > MOST_CHARACTERS:
        raise BoardError(f"a board of {len(text)} characters; at most {MOST_CHARACTERS} are read")
    try:
        return _board(json.loads(text), trust, _Count())
    except RecursionError:
        raise BoardError("a board is nested too deeply") from None
    except MemoryError:
        raise BoardError("a board asks for more memory than there is") from None
    # Of JSON; the parts of a board raise errors of ours, which are ValueErrors in part.
    except ValueError as error:
        if isinstance(error, DdspFxError):
            raise
        raise BoardError(f"not JSON: {error}") from None


class _Count:
    """Slots so far, those of boards and containers inside included."""

    def __init__(self) -> None:
        self.slots = 0

    def add(self, slots: list[Any]) -> list[Any]:
        """Raises BoardError for too many."""
        self.slots += len(slots)
        if self.slots > MOST_SLOTS:
            raise BoardError(f"a board with more than {MOST_SLOTS} slots in all is not read")
        return slots


def _board(data: Any, trust: bool, count: _Count) -> Board:
    if not isinstance(data, dict) or data.get("format") not in FORMATS or not isinstance(data.get("slots"), list):
        raise BoardError(f"not a board: expected an object with format {FORMAT!r} and a list of slots")
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        raise BoardError(f"board version {data.get('version')!r} is unknown to this ddsp-fx, which reads {VERSION}")
    try:
        plugins = [_plugin(slot, trust, count) for slot in count.add(data["slots"])]
        board = FORMATS[data["format"]](plugins, mix=data.get("mix", 1.0), bypass=data.get("bypass", False))
        board.name = str(data.get("name", board.name))
        if "slot_names" in data:
            board.name_slots([str(name) for name in data["slot_names"]])
    except DdspFxError:
        raise
    except (KeyError, TypeError, AttributeError) as error:
        raise BoardError(f"a slot of the board is malformed: {type(error).__name__}: {error}") from None
    return board


def _plugin(slot: dict[str, Any], trust: bool, count: _Count) -> Any:
    kind = slot["type"]
    if kind == "board":
        return _board(slot["board"], trust, count)
    if kind == "effect":
        from ddsp_fx.bundles.loading import load

        effect = load(_text(slot, "name"), tracker=_text(slot, "tracker") if "tracker" in slot else None)
        effect.set_values(dict(slot["parameters"]))
        effect.name = str(slot.get("called", effect.name))
        return effect
    if kind == "container":
        count.add(slot["slots"])
    return native_from_data(slot, trust)


def _text(slot: dict[str, Any], key: str) -> str:
    value = slot[key]
    if not isinstance(value, str) or len(value) > MOST_NAME or not value.isprintable():
        raise BoardError(f"the {key} of a slot is {value!r:.80}; expected text of at most {MOST_NAME} characters")
    return value
