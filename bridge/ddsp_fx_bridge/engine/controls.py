# SPDX-License-Identifier: GPL-3.0-or-later
"""The controls of a track: each parameter of each slot, declared by an effect or reported by a native plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ddsp_fx.board import Board
from ddsp_fx.board.member import member
from ddsp_fx.board.native import make_native, native_values, set_native
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.errors import BoardError, ParameterError

# A slot's id, "" for the board itself, and the parameter's symbol. Reordering the board does not change it.
Key = tuple[str, str]

# Limits for plugins that report no range; no real frequency, time or ratio exceeds them.
MOST, MOST_DB = 1e6, 100.0


@dataclass(frozen=True)
class Control:
    """One parameter of one slot.

    Args:
        slot_id: as `board.slot_ids()` has it, "" for the board itself.
        slot_name: as `board.slot_names()` has it, "" for the board itself.
        symbol: of the parameter.
        parameter: its declaration; None for pedalboard's own plugins, which report no range.
        refusal: for those, tries a value on a second plugin and raises ParameterError.
        initial: the value when the board was loaded.
    """

    slot_id: str
    slot_name: str
    symbol: str
    parameter: Parameter | None
    initial: Value
    refusal: Callable[[Value], None] | None = None

    @property
    def key(self) -> Key:
        """The key in the engine."""
        return self.slot_id, self.symbol

    @property
    def identity(self) -> str:
        """The key as one text, for a host's lanes, which outlive names."""
        return f"{self.slot_id}.{self.symbol}" if self.slot_id else self.symbol

    @property
    def target(self) -> str:
        """The target in automation."""
        return f"{self.slot_name}.{self.symbol}" if self.slot_name else self.symbol

    def check(self, value: Value) -> Value:
        """The value as the plugin will store it; raises ParameterError."""
        if self.parameter is not None:
            return self.parameter.check(value)
        number = _like(self.initial, value, self.target)
        if self.refusal is not None:
            self.refusal(number)
        return number

    def text(self, value: Value) -> str:
        """The value as text with its unit."""
        if self.parameter is not None:
            return self.parameter.text(value)
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    def parse(self, text: str) -> Value:
        """The inverse of `text`; raises ParameterError."""
        if self.parameter is not None:
            return self.parameter.parse(text)
        if isinstance(self.initial, (str, bool)):
            return self.check(text)
        try:
            return self.check(float(text))
        except ValueError:
            raise ParameterError(f"{self.target}: {text!r} is not a number") from None


def _like(initial: Value, value: Value, name: str) -> Value:
    """The value, in the type of the plugin's own; raises ParameterError."""
    if isinstance(initial, bool):
        if isinstance(value, str) and value.lower() in ("on", "off", "true", "false"):
            return value.lower() in ("on", "true")
        if isinstance(value, (bool, int, float)) and value in (0, 1):
            return bool(value)
        raise ParameterError(f"{name} = {value!r} is neither on nor off; use on or off")
    if isinstance(initial, str):
        if not isinstance(value, str):
            raise ParameterError(f"{name}: expected a text, got {value!r}")
        return value
    if isinstance(value, (bool, str)):
        raise ParameterError(f"{name}: expected a number, got {value!r}")
    # Plugins without a range accept even 1e30 dB, and are silent from then on because of infinity.
    most = MOST_DB if name.endswith("_db") else MOST
    if not abs(value) <= most:
        raise ParameterError(f"{name} = {value!r} is out of range; the range is {-most:g} to {most:g}")
    return float(value)


def board_controls(board: Board) -> list[Control]:
    """Every control of a board, its own first, then slot by slot."""
    controls = _controls(board, "", "")
    for plugin, slot_id, name in zip(board, board.slot_ids(), board.slot_names(), strict=True):
        controls += _controls(plugin, slot_id, name)
    return controls


def _controls(plugin: Any, slot_id: str, name: str) -> list[Control]:
    part = member(plugin)
    movable = {symbol: value for symbol, value in part.values().items() if not part.is_fixed(symbol)}
    declared = {symbol: part.declaration(symbol) for symbol in movable}
    refusal = _twin(plugin) if None in declared.values() else None
    return [
        Control(slot_id, name, symbol, declared[symbol], value, refusal(symbol) if refusal else None)
        for symbol, value in movable.items()
    ]


def _twin(plugin: Any) -> Callable[[str], Callable[[Value], None]] | None:
    """A second plugin that tries each value first, because pedalboard's own reveal limits only by refusing."""
    try:
        twin = make_native(type(plugin).__name__, native_values(plugin))
    except (BoardError, ParameterError):
        return None

    def of(symbol: str) -> Callable[[Value], None]:
        return lambda value: set_native(twin, symbol, value)

    return of
