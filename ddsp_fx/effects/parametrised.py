# SPDX-License-Identifier: GPL-3.0-or-later
"""An object with parameters that are declared once on its class, and a name."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from ddsp_fx.effects.parameters import Acts, Parameter, Scale, Value
from ddsp_fx.errors import ParameterError, unknown_parameter

# `load` and the engine's addresses use these words next to parameters' symbols.
RESERVED = frozenset({"preset", "paths", "tracker", "self", "automation", "slot", "board"})


def _require_free(cls: type, symbol: str) -> None:
    """Raises ParameterError for a symbol that could not be reached, or that would hide an attribute of the class."""
    if not symbol.isidentifier() or keyword.iskeyword(symbol) or symbol.startswith("_"):
        reason = "is not a valid attribute name; use lower-case letters, digits and _, a letter first"
    elif symbol in RESERVED:
        reason = "is a word that load() or an OSC address uses; choose another"
    elif taken := [base for base in cls.__mro__[1:] if not isinstance(vars(base).get(symbol, _FREE), Parameter)]:
        reason = f"hides {taken[0].__name__}.{symbol}, which every effect has; choose another"
    else:
        return
    raise ParameterError(f"{cls.__name__}: the parameter {symbol!r} {reason}")


def _require_known(cls: type, parameter: Parameter) -> None:
    """Raises ParameterError for a scale or a place to act that does not exist; a misspelt one would be the default."""
    for option, known in (("scale", get_args(Scale)), ("acts", get_args(Acts))):
        value = getattr(parameter, option)
        if value not in known:
            raise ParameterError(
                f"{cls.__name__}.{parameter.symbol}: {option} = {value!r} is none of {', '.join(known)}"
            )


def _documentation(parameter: Parameter) -> str:
    span = parameter.range_text.removeprefix("the range is ")
    return f"{parameter.description or parameter.name}. Range: {span}; default: {parameter.text(parameter.default)}."


# The default of a lookup that finds no attribute of that name.
_FREE = Parameter("free")


class Parametrised:
    """Holds a value for each `Parameter` of its class, reached by attribute or symbol; misspelt names raise."""

    kind: ClassVar[str] = "effect"
    parameters: Mapping[str, Parameter] = MappingProxyType({})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Parameter)}
        for name, parameter in own.items():
            _require_free(cls, name)
            _require_known(cls, parameter)
            # `help(cls)` shows a descriptor's own docstring.
            parameter.__doc__ = _documentation(parameter)
        inherited = {s: p for base in reversed(cls.__mro__[1:]) for s, p in getattr(base, "parameters", {}).items()}
        cls.parameters = MappingProxyType({**inherited, **own})

    def __init__(self, **values: Value) -> None:
        self._values: dict[str, Value] = {symbol: p.default for symbol, p in self.parameters.items()}
        self._name = self.kind
        self._origin = ""
        self._made_with: dict[str, Value] = {}
        self.set_values(values)

    # Hidden from type checkers: they accept any attribute on a class with `__setattr__`.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            # A misspelt parameter must not silently become a new attribute, as on a VST3 loaded by pedalboard.
            if name.startswith("_") or hasattr(type(self), name):
                object.__setattr__(self, name, value)
            else:
                raise unknown_parameter(self._name, name, self.parameters)

    def __repr__(self) -> str:
        """Code that recreates it if it has a name to load it by: load('violin', mix=0.5)."""
        usual = {**{symbol: p.default for symbol, p in self.parameters.items()}, **self._made_with}
        changed = {symbol: value for symbol, value in self.values().items() if value != usual[symbol]}
        words = [f"{word}={value!r}" for word, value in {**self._load_options(), **changed}.items()]
        if self._origin:
            return f"load({', '.join([repr(self._origin), *words])})"
        return f"{type(self).__name__}({', '.join(words)})"

    def _repr_html_(self) -> str:
        """The table that notebooks show."""
        from ddsp_fx.effects.notebook import effect_html

        return effect_html(self)

    def _load_options(self) -> Mapping[str, str]:
        """Options of `load` besides values, such as a tracker."""
        return {}

    @property
    def name(self) -> str:
        """The name that boards, logs and errors use."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def origin(self) -> str:
        """The name under which `ddsp_fx.load` finds this effect; empty for one made in code."""
        return self._origin

    @origin.setter
    def origin(self, value: str) -> None:
        self._origin = value
        self._made_with = self.values()

    def get_value(self, symbol: str) -> Value:
        """The parameter's value in its unit; raises UnknownParameterError."""
        if symbol not in self._values:
            raise unknown_parameter(self._name, symbol, self.parameters)
        return self._values[symbol]

    def set_value(self, symbol: str, value: Value) -> None:
        """Set one parameter; raises ParameterError (range) or UnknownParameterError. Nothing changes on error."""
        if symbol not in self.parameters:
            raise unknown_parameter(self._name, symbol, self.parameters)
        self._values[symbol] = self.parameters[symbol].check(value)
        self._value_set(symbol)

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Set several parameters, all or none; raises ParameterError or UnknownParameterError."""
        for symbol, value in values.items():
            if symbol not in self.parameters:
                raise unknown_parameter(self._name, symbol, self.parameters)
            self.parameters[symbol].check(value)
        for symbol, value in values.items():
            self.set_value(symbol, value)

    def values(self) -> dict[str, Value]:
        """All parameters by symbol."""
        return dict(self._values)

    def _value_set(self, symbol: str) -> None:
        """Called when a parameter has a new value."""
