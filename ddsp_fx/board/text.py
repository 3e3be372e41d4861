# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses a chain in one line: `violin:pitch_shift=24,room=off | Compressor:ratio=4 | violin-room`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ddsp_fx.board.board import Board
from ddsp_fx.board.native import make_native, native_classes, set_native
from ddsp_fx.board.native_state import FILE
from ddsp_fx.board.plugin_files import HOW_TO_TRUST, load_named_plugin
from ddsp_fx.board.state import MOST_CHARACTERS
from ddsp_fx.bounded import read_bytes
from ddsp_fx.bundles.discovery import discover
from ddsp_fx.bundles.loading import load
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import BoardError, UnknownEffectError, did_you_mean, unknown_parameter

PLUGIN_SUFFIXES = (".vst3", ".component")
GRAMMAR = "name:parameter=value,parameter=value | name | ..."


def parse_board(text: str, trust: bool = False, typed: bool = True) -> Board:
    """Parse a chain.

    Args:
        text: the chain.
        trust: if the chain names a board file, run plugins' code and read responses from any path in that file.
        typed: True if the caller wrote the text, so that a .vst3 or a response is loaded from the path it names; False
            for text from elsewhere.

    A name is an effect that `ddsp_fx.load` knows, a pedalboard class (Compressor), a .vst3 file, or a board's .json.
    Parameters follow the name after a colon, or after spaces; `preset=NAME` starts from a preset,
    `tracker=NAME` chooses the pitch tracker.
    Raises BoardError for the grammar, UnknownEffectError, ParameterError or UnknownParameterError.
    """
    pieces = [piece.strip() for piece in text.split("|")]
    if not all(pieces):
        raise BoardError(f"the chain {text!r} has an empty part; write {GRAMMAR}")
    return Board([_plugin(piece, trust, typed) for piece in pieces])


def _plugin(piece: str, trust: bool, typed: bool) -> Any:
    name, values = _split(piece)
    if name.endswith(PLUGIN_SUFFIXES):
        plugin = load_named_plugin(name, trust=typed)
        for symbol, value in values.items():
            set_native(plugin, symbol, _literal(value))
        return plugin
    if name.endswith(".json"):
        return _board_file(name, values, trust)
    if FILE in values and not typed:
        raise BoardError(f"{piece!r:.200}: a chain from elsewhere may not name a file; {HOW_TO_TRUST}")
    if name in native_classes():
        return make_native(name, {symbol: _literal(value) for symbol, value in values.items()})
    return _effect(name, values)


def _split(piece: str) -> tuple[str, dict[str, str]]:
    # A Windows path contains a colon, so the separator is the last colon before the first "=".
    head, equals, tail = piece.partition("=")
    if not equals:
        return piece.rstrip(":").strip(), {}
    separator = max(head.rfind(":"), head.rfind(" "))
    if separator < 0:
        raise BoardError(f"{piece!r}: no effect before {head.strip()!r}=; write {GRAMMAR}")
    name = head[:separator].strip().rstrip(":")
    return name, _assignments(head[separator + 1 :] + equals + tail, piece)


def _assignments(text: str, piece: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in text.split(","):
        symbol, equals, value = part.partition("=")
        if not equals or not symbol.strip() or not value.strip():
            raise BoardError(f"{piece!r}: {part.strip()!r} is not parameter=value; write {GRAMMAR}")
        if symbol.strip() in values:
            raise BoardError(f"{piece!r}: {symbol.strip()!r} is given twice")
        values[symbol.strip()] = value.strip()
    return values


def _effect(name: str, texts: dict[str, str]) -> Effect:
    preset, tracker = texts.pop("preset", None), texts.pop("tracker", None)
    try:
        effect = load(name, preset=preset, tracker=tracker)
    except UnknownEffectError:
        raise UnknownEffectError(_unknown(name)) from None
    values: dict[str, Value] = {}
    for symbol, text in texts.items():
        if symbol not in effect.parameters:
            raise unknown_parameter(effect.name, symbol, effect.parameters)
        values[symbol] = effect.parameters[symbol].parse(text)
    effect.set_values(values)
    return effect


def _unknown(name: str) -> str:
    known = [*discover().symbols(), *native_classes()]
    head, colon, words = name.partition(":")
    if colon and head in known:
        return f"{name!r}: {words.split(',')[0].strip()!r} has no value; write {head}:parameter=value"
    by_lower = {item.lower(): item for item in known}
    hint = f"; did you mean {by_lower[name.lower()]!r}" if name.lower() in by_lower else did_you_mean(name, known)
    return f"no effect is called {name!r}{hint}; `ddsp-fx list` shows them all"


def _board_file(name: str, values: dict[str, str], trust: bool) -> Board:
    if values:
        raise BoardError(f"{name}: a board file takes no parameters here; edit the file")
    try:
        text = read_bytes(Path(name), MOST_CHARACTERS, BoardError).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BoardError(f"{name}: not UTF-8 text: {error}") from None
    return Board.from_json(text, trust)


def _literal(text: str) -> Value:
    """The value for a native plugin: pedalboard's own plugins declare no types, so the text decides."""
    if text.lower() in ("true", "on", "yes"):
        return True
    if text.lower() in ("false", "off", "no"):
        return False
    number = text.removesuffix("dB").removesuffix("ms").removesuffix("Hz").strip()
    try:
        return float(number)
    except ValueError:
        return text
