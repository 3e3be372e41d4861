# SPDX-License-Identifier: GPL-3.0-or-later
"""One interface for the parameters of every plugin in a board, learned or native."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ddsp_fx.board.native import is_fixed, is_native, native_symbols, native_values, set_native
from ddsp_fx.board.native_state import copied
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.errors import BoardError


class Member(Protocol):
    """Access to a plugin's parameters, learned or native. It has no state: create one whenever needed."""

    def symbols(self) -> Iterable[str]:
        """The parameters that can be set."""
        ...

    def values(self) -> dict[str, Value]:
        """Their current values."""
        ...

    def set(self, symbol: str, value: Value) -> None:
        """Set one; raises ParameterError or UnknownParameterError."""
        ...

    def check(self, symbol: str, value: Value) -> None:
        """Raises what `set` would raise, but changes nothing."""
        ...

    def declaration(self, symbol: str) -> Parameter | None:
        """Name, range, unit and scale; None if the plugin does not report them, as pedalboard's own do not."""
        ...

    def is_fixed(self, symbol: str) -> bool:
        """Whether the parameter cannot change while audio runs."""
        ...

    def automation_delay(self, symbol: str) -> int:
        """Like `Effect.automation_delay`."""
        ...


class LearnedMember:
    """Member for an Effect, or for any object with an Effect's methods."""

    def __init__(self, effect: Any) -> None:
        self._effect = effect

    def symbols(self) -> Iterable[str]:
        """The declared parameters."""
        return list(self._effect.parameters)

    def values(self) -> dict[str, Value]:
        """Their current values in their units."""
        return {symbol: self._effect.get_value(symbol) for symbol in self._effect.parameters}

    def set(self, symbol: str, value: Value) -> None:
        """Set one, checked against its declaration."""
        self._effect.set_value(symbol, value)

    def check(self, symbol: str, value: Value) -> None:
        """Check against the declaration."""
        self._effect.parameters[symbol].check(value)

    def declaration(self, symbol: str) -> Parameter | None:
        """Never None for an Effect."""
        parameter: Parameter = self._effect.parameters[symbol]
        return parameter

    def is_fixed(self, symbol: str) -> bool:
        """Always False for an Effect."""
        del symbol
        return False

    def automation_delay(self, symbol: str) -> int:
        """The effect's delay."""
        delay: int = self._effect.automation_delay(symbol)
        return delay


class NativeMember:
    """Member for pedalboard's own plugins and for those that it loads."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin

    def symbols(self) -> Iterable[str]:
        """pedalboard's names for them."""
        return native_symbols(self._plugin)

    def values(self) -> dict[str, Value]:
        """Their current values; a choice is its name."""
        return native_values(self._plugin)

    def set(self, symbol: str, value: Value) -> None:
        """Set one, checked first: pedalboard silently accepts a wrong name on a loaded plugin."""
        set_native(self._plugin, symbol, value)

    def check(self, symbol: str, value: Value) -> None:
        """Check by setting it, because pedalboard's own plugins reveal their limits only by refusing. A parameter whose
        change would restart the plugin is set on a copy."""
        asked = copied(self._plugin) if self.is_fixed(symbol) else self._plugin
        before = getattr(asked, symbol)
        set_native(asked, symbol, value)
        setattr(asked, symbol, before)

    def declaration(self, symbol: str) -> Parameter | None:
        """What pedalboard reports about a loaded plugin's parameter."""
        told = getattr(self._plugin, "parameters", {})
        return _told(told[symbol], symbol) if symbol in told else None

    def is_fixed(self, symbol: str) -> bool:
        """Whether a change makes pedalboard restart the plugin or changes its latency."""
        return is_fixed(self._plugin, symbol)

    def automation_delay(self, symbol: str) -> int:
        """0: a native plugin applies a change to its input at once."""
        del symbol
        return 0


def member(plugin: Any) -> Member:
    """The Member of a plugin; raises BoardError if it cannot be in a board."""
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
