# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves a board as JSON and restores it, by name and parameters, so that a reopened session sounds the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ddsp_fx.analysis.trackers import DEFAULT_TRACKER
from ddsp_fx.board.native import is_native
from ddsp_fx.board.native_state import native_from_data, native_to_data
from ddsp_fx.board.plugin_list import PluginList
from ddsp_fx.board.slot_naming import first_names, given_by
from ddsp_fx.errors import BoardError, DdspFxError

Makes = Mapping[str, Callable[..., Any]]

FORMAT = "ddsp-fx board"
VERSION = 1
# Plugins' states and impulse responses can be long.
MOST_CHARACTERS = 256 << 20
MOST_SLOTS = 512
MOST_NAME = 4096
MOST_GIVEN = 1 << 16


def board_to_json(board: Any) -> str:
    """A Board as text; raises BoardError that names the slot that cannot be saved, and the reason."""
    data: dict[str, Any] = {"format": _format_of(board), "version": VERSION, "mix": board.mix}
    if board.bypass:
        data["bypass"] = True
    if board.name != board.kind:
        data["name"] = board.name
    namings = board._namings()
    names = [naming.name for naming in namings]
    data["slots"] = [{"id": of.id, **_slot(plugin, of.name)} for plugin, of in zip(board, namings, strict=True)]
    if names != first_names(list(board)):
        data["slot_names"] = names
    # The numbers in ids of removed plugins must not be used again, because lanes and takes may still refer to them.
    if board._slots.given != given_by(naming.id for naming in namings):
        data["ids_given"] = dict(board._slots.given)
    return json.dumps(data, indent=2)


def _format_of(board: Any) -> str:
    return next((text for text, kind in board._saved_as.items() if kind is type(board)), FORMAT)


def _slot(plugin: Any, name: str) -> dict[str, Any]:
    try:
        if isinstance(plugin, PluginList):
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
    # An effect gets its symbol as its name, the last part of "org.example.violin/violin" or "/a/bundle#violin".
    if plugin.name != plugin.origin.rpartition("#")[2].rpartition("/")[2]:
        saved["called"] = plugin.name
    return saved


def board_from_json(text: str, trust: bool, makes: Makes) -> Any:
    """The Board from a text; raises BoardError for text that is not a board, and errors of loading effects.

    Args:
        text: from `board_to_json`, but possibly changed by anybody.
        trust: run a plugin's code, or read a response, from any path in the text; without it, a plugin's path only
            means
            its name in the system's plugin folders.
        makes: the class of boards of each format.
    """
    if len(text) > MOST_CHARACTERS:
        raise BoardError(f"a board of {len(text)} characters, more than the limit of {MOST_CHARACTERS}")
    try:
        return _BoardReader(trust, makes).board(json.loads(text))
    except RecursionError:
        raise BoardError("a board is nested too deeply") from None
    except MemoryError:
        raise BoardError("a board needs more memory than there is") from None
    # A ValueError of the JSON parser. Errors about the board's parts are our own, but partly ValueErrors too.
    except ValueError as error:
        if isinstance(error, DdspFxError):
            raise
        raise BoardError(f"not JSON: {error}") from None


class _BoardReader:
    """Makes plugins and boards from data, and counts all slots, including those of inner boards and containers."""

    def __init__(self, trust: bool, makes: Makes) -> None:
        self._trust, self._makes, self._slots = trust, makes, 0

    def _counted(self, slots: list[Any]) -> list[Any]:
        self._slots += len(slots)
        if self._slots > MOST_SLOTS:
            raise BoardError(f"a board with more than {MOST_SLOTS} slots in total is not read")
        return slots

    def board(self, data: Any) -> Any:
        """Raises BoardError, and errors of loading effects."""
        make = self._makes.get(str(data.get("format"))) if isinstance(data, dict) else None
        if make is None or not isinstance(data.get("slots"), list):
            raise BoardError(f"not a board: expected an object with format {FORMAT!r} and a list of slots")
        if data.get("version") != VERSION or isinstance(data["version"], bool):
            raise BoardError(f"board version {data.get('version')!r} is unknown to this ddsp-fx, which reads {VERSION}")
        try:
            plugins = [self._plugin(slot) for slot in self._counted(data["slots"])]
            board = make(plugins, mix=data.get("mix", 1.0), bypass=data.get("bypass", False))
            board.name = str(data.get("name", board.name))
            _name_slots(board, data)
        except DdspFxError:
            raise
        except (KeyError, TypeError, AttributeError) as error:
            raise BoardError(f"a slot of the board is malformed: {type(error).__name__}: {error}") from None
        return board

    def _plugin(self, slot: dict[str, Any]) -> Any:
        kind = slot["type"]
        if kind == "board":
            return self.board(slot["board"])
        if kind == "effect":
            return _loaded(slot)
        if kind == "container":
            self._counted(slot["slots"])
        return native_from_data(slot, self._trust)


def _loaded(slot: dict[str, Any]) -> Any:
    from ddsp_fx.bundles.loading import load

    effect = load(_text(slot, "name"), tracker=_text(slot, "tracker") if "tracker" in slot else None)
    effect.set_values(dict(slot["parameters"]))
    effect.name = str(slot.get("called", effect.name))
    return effect


def _name_slots(board: Any, data: dict[str, Any]) -> None:
    """Restore names and ids. Boards saved by 0.2 and earlier have no ids: a slot's name then becomes its id."""
    names = [str(name) for name in data.get("slot_names", board.slot_names())]
    # "" is the id of the board itself.
    if any(slot.get("id") == "" for slot in data["slots"]):
        raise BoardError("the id of a slot is empty; expected text of at least one character")
    ids = [_text(slot, "id") if "id" in slot else name for slot, name in zip(data["slots"], names, strict=False)]
    for kind, texts in (("called", names), ("identified by", ids)):
        if len(names) != len(board) or len(set(texts)) != len(texts):
            raise BoardError(f"{len(board)} slots cannot be {kind} {', '.join(texts)}: one each, all different")
    board._slots.adopt(list(board), names, ids, _given(data.get("ids_given", {})))


def _given(data: Any) -> dict[str, int]:
    wanted = f"expected at most {MOST_GIVEN} names of at most {MOST_NAME} characters, each with a number from 1"
    if not isinstance(data, dict) or len(data) > MOST_GIVEN:
        raise BoardError(f"ids_given is {data!r:.80}; {wanted}")
    for name, number in data.items():
        if len(name) > MOST_NAME or type(number) is not int or not 0 < number < 1 << 31:
            raise BoardError(f"ids_given has {name!r:.80}: {number!r:.80}; {wanted}")
    return data


def _text(slot: dict[str, Any], key: str) -> str:
    value = slot[key]
    if not isinstance(value, str) or len(value) > MOST_NAME or not value.isprintable():
        raise BoardError(f"the {key} of a slot is {value!r:.80}; expected text of at most {MOST_NAME} characters")
    return value
