# SPDX-License-Identifier: GPL-3.0-or-later
"""One interface for everything in a board, learned or native: its parameters, and how to change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ddsp_fx.board.native import is_fixed, is_native, native_symbols, native_values, set_native
from ddsp_fx.board.native_state import copied
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.errors import BoardError


class Member(Protocol):
    """A plugin's parameters, whoever's plugin it is. It holds nothing of its own: make one whenever it is needed."""

    def symbols(self) -> Iterable[str]:
        """The parameters that can be set."""
        ...

    def values(self) -> dict[str, Value]:
        """What they are now."""
        ...

    def set(self, symbol: str, value: Value) -> None:
        """Raises ParameterError or UnknownParameterError."""
        ...

    def check(self, symbol: str, value: Value) -> None:
        """Raises what `set` would raise; nothing changes."""
        ...

    def declaration(self, symbol: str) -> Parameter | None:
        """Name, range, unit and scale; None where the plugin tells none, as pedalboard's own do not."""
        ...

    def is_fixed(self, symbol: str) -> bool:
        """True for what cannot be moved while audio runs."""
        ...

    def automation_delay(self, symbol: str) -> int:
        """As `Effect.automation_delay`."""
        ...


class LearnedMember:
    """An Effect, or anything that is called like one."""

    def __init__(self, effect: Any) -> None:
        self._effect = effect

    def symbols(self) -> Iterable[str]:
        """As declared."""
        return list(self._effect.parameters)

    def values(self) -> dict[str, Value]:
        """In their units."""
        return {symbol: self._effect.get_value(symbol) for symbol in self._effect.parameters}

    def set(self, symbol: str, value: Value) -> None:
        """Checked by the declaration."""
        self._effect.set_value(symbol, value)

    def check(self, symbol: str, value: Value) -> None:
        """By the declaration."""
        self._effect.parameters[symbol].check(value)

    def declaration(self, symbol: str) -> Parameter | None:
        """Always there."""
        parameter: Parameter = self._effect.parameters[symbol]
        return parameter

    def is_fixed(self, symbol: str) -> bool:
        """None is."""
        del symbol
        return False

    def automation_delay(self, symbol: str) -> int:
        """The effect's own."""
        delay: int = self._effect.automation_delay(symbol)
        return delay


class NativeMember:
    """A plugin of pedalboard's, or one that it has loaded."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin

    def symbols(self) -> Iterable[str]:
        """As pedalboard names them."""
        return native_symbols(self._plugin)

    def values(self) -> dict[str, Value]:
        """Choices by their names."""
        return native_values(self._plugin)

    def set(self, symbol: str, value: Value) -> None:
        """Checked, since pedalboard takes a wrong name on a loaded plugin without a word."""
        set_native(self._plugin, symbol, value)

    def check(self, symbol: str, value: Value) -> None:
        """By setting it, since pedalboard's own tell their limits only by refusing; on a copy where that would begin
        the plugin anew."""
        asked = copied(self._plugin) if self.is_fixed(symbol) else self._plugin
        before = getattr(asked, symbol)
        set_native(asked, symbol, value)
        setattr(asked, symbol, before)

    def declaration(self, symbol: str) -> Parameter | None:
        """What pedalboard tells of a loaded plugin's parameter."""
        told = getattr(self._plugin, "parameters", {})
        return _told(told[symbol], symbol) if symbol in told else None

    def is_fixed(self, symbol: str) -> bool:
        """True where pedalboard begins the plugin anew, or changes its latency."""
        return is_fixed(self._plugin, symbol)

    def automation_delay(self, symbol: str) -> int:
        """None: a native plugin is fed behind its own latency."""
        del symbol
        return 0


def member(plugin: Any) -> Member:
    """The interface of a plugin for a board; raises BoardError for anything that cannot be in one."""
    if is_native(plugin):
        return NativeMember(plugin)
    if hasattr(plugin, "process_block"):
        return LearnedMember(plugin)
    raise BoardError(f"{plugin!r} is neither an Effect nor a pedalboard plugin")


def _told(declared: Any, symbol: str) -> Parameter:
    name, unit = str(declared.name), str(declared.label or "")
    parameter: Parameter
    if declared.type is bool:
        parameter = Parameter(name, default=False, scale="toggle")
    elif declared.type is str:
        choices = tuple(str(value) for value in declared.valid_values)
        parameter = Parameter(name, default=choices[0], scale="choices", choices=choices)
    else:
        low, high = float(declared.min_value), float(declared.max_value)
        parameter = Parameter(name, low, high, low, unit)
    parameter.symbol = symbol
    return parameter
