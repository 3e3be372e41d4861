# SPDX-License-Identifier: GPL-3.0-or-later
"""One declaration per parameter: range, unit, scale, smoothing. Everything that shows or changes it uses this."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, Self, overload

from ddsp_fx.errors import ParameterError, did_you_mean

if TYPE_CHECKING:
    # TypeVar has a default only from Python 3.13 on. Without one, checkers would report every bare `Parameter`.
    from typing_extensions import TypeVar

    V = TypeVar("V", default=Any)
else:
    from typing import TypeVar

    V = TypeVar("V")

Scale = Literal["linear", "log", "dB", "steps", "choices", "toggle"]
Acts = Literal["output", "frame"]
Value = float | int | str | bool


class Valued(Protocol):
    """An object with parameters, such as an `Effect`."""

    def get_value(self, symbol: str) -> Value: ...

    def set_value(self, symbol: str, value: Value) -> None: ...


_TRUE = {"on", "true", "yes", "1"}
_FALSE = {"off", "false", "no", "0"}


@dataclass(eq=False)
class Parameter(Generic[V]):
    """A named, bounded value of an effect, and the descriptor that validates it.

    Args:
        name: the name to show ("Pitch shift").
        minimum, maximum, default: in `unit`; for choices the default is one of `choices`.
        unit: "dB", "semitones", "s", "Hz", "%", or "" for a ratio.
        scale: how 0..1 maps to the range. "dB" values are decibels, so the fader is linear in them.
        choices: the allowed texts when scale is "choices".
        smoothing_s: seconds over which an effect ramps to a new value.
        acts: where it acts on the sound: "output", after the effect's whole latency, or "frame", where the features of
            a frame become the model's input (`Effect.frame_delay_samples`). Automation is timed by it.
        symbol: filled in from the attribute's name. It never changes once released.
    """

    name: str
    minimum: float = 0.0
    maximum: float = 1.0
    default: Value = 0.0
    unit: str = ""
    scale: Scale = "linear"
    choices: tuple[str, ...] = ()
    smoothing_s: float = 0.02
    description: str = ""
    acts: Acts = "output"
    symbol: str = field(default="", init=False)

    if TYPE_CHECKING:
        # The attribute's type follows from the declaration: bool for toggles, str for choices, else a number.
        @overload
        def __init__(
            self: Parameter[bool],
            name: str,
            *,
            default: bool,
            scale: Literal["toggle"],
            smoothing_s: float = ...,
            description: str = ...,
            acts: Acts = ...,
        ) -> None: ...
        @overload
        def __init__(
            self: Parameter[str],
            name: str,
            *,
            default: str,
            scale: Literal["choices"],
            choices: tuple[str, ...],
            description: str = ...,
            acts: Acts = ...,
        ) -> None: ...
        @overload
        def __init__(
            self: Parameter[float],
            name: str,
            minimum: float = ...,
            maximum: float = ...,
            default: float = ...,
            unit: str = ...,
            scale: Literal["linear", "log", "dB", "steps"] = ...,
            *,
            smoothing_s: float = ...,
            description: str = ...,
            acts: Acts = ...,
        ) -> None: ...
        def __init__(self, *arguments: Any, **options: Any) -> None: ...

    def __post_init__(self) -> None:
        if self.scale == "choices":
            self.minimum, self.maximum = 0.0, float(len(self.choices) - 1)
        if self.scale == "log" and self.minimum <= 0:
            raise ParameterError(f"parameter {self.name!r}: a log scale needs minimum > 0, got {self.minimum}")
        self.default = self.check(self.default)

    def __set_name__(self, owner: type, name: str) -> None:
        self.symbol = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: Valued, owner: type | None = None) -> V: ...
    def __get__(self, instance: Valued | None, owner: type | None = None) -> Any:
        return self if instance is None else instance.get_value(self.symbol)

    def __set__(self, instance: Valued, value: V) -> None:
        instance.set_value(self.symbol, value)  # type: ignore[arg-type]

    def check(self, value: object) -> Value:
        """`value` as this parameter stores it; raises ParameterError with the range in the message."""
        if self.scale == "toggle":
            return self._check_toggle(value)
        if self.scale == "choices":
            return self._check_choice(value)
        if isinstance(value, bool) or (not isinstance(value, (int, float)) and not hasattr(value, "__float__")):
            raise ParameterError(f"{self._label}: expected a number, got {_shown(value)}; {self.range_text}")
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ParameterError(f"{self._label} = {_shown(value)} is not a number; {self.range_text}") from None
        if not (self.minimum <= number <= self.maximum):
            raise ParameterError(f"{self._label} = {number:g} is out of range; {self.range_text}")
        if self.scale == "steps":
            if number != round(number):
                raise ParameterError(f"{self._label} = {number:g} is not a whole number; {self.range_text}")
            return round(number)
        return number

    def _check_toggle(self, value: object) -> bool:
        if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        if isinstance(value, (bool, int, float)) and value in (0, 1):
            return bool(value)
        raise ParameterError(f"{self._label} = {_shown(value)} is neither on nor off; use on or off")

    def _check_choice(self, value: object) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        hint = did_you_mean(_shown(value).strip("'"), self.choices)
        listed = ", ".join(self.choices)
        raise ParameterError(f"{self._label} = {_shown(value)} is not a choice{hint}; choose from {listed}")

    @property
    def _label(self) -> str:
        return self.symbol or self.name

    @property
    def range_text(self) -> str:
        """The range as an error message or a help line states it."""
        if self.scale == "toggle":
            return "on or off"
        if self.scale == "choices":
            return " | ".join(self.choices)
        unit = f" {self.unit}" if self.unit else ""
        return f"the range is {self.minimum:g} to {self.maximum:g}{unit}"

    def normalise(self, value: Value) -> float:
        """Value in its unit -> 0..1 along the scale."""
        number = self.number(value)
        if self.scale == "log":
            return math.log(number / self.minimum) / math.log(self.maximum / self.minimum)
        span = self.maximum - self.minimum
        return (number - self.minimum) / span if span else 0.0

    def from_normalised(self, position: float) -> Value:
        """0..1 -> value; raises ParameterError outside 0..1."""
        if not 0.0 <= position <= 1.0:
            raise ParameterError(f"{self._label}: normalised value {position!r} is outside 0 to 1")
        if self.scale == "log":
            value = self.minimum * (self.maximum / self.minimum) ** position
        else:
            value = self.minimum + position * (self.maximum - self.minimum)
        return self.from_number(min(max(value, self.minimum), self.maximum))

    def number(self, value: Value) -> float:
        """The value as a number: choices count from 0, toggles are 0 or 1."""
        return float(self.choices.index(value)) if self.scale == "choices" else float(value)

    def from_number(self, number: float) -> Value:
        """The inverse of `number`; steps, choices and toggles take the nearest."""
        if self.scale == "choices":
            return self.choices[round(number)]
        if self.scale == "toggle":
            return number >= 0.5
        return self.check(round(number) if self.scale == "steps" else number)

    def text(self, value: Value) -> str:
        """The value with its unit, for people."""
        if self.scale == "toggle":
            return "on" if value else "off"
        if self.scale == "choices":
            return str(value)
        return f"{float(value):.4g} {self.unit}".rstrip()

    def parse(self, text: str) -> Value:
        """The inverse of `text`, with or without the unit; raises ParameterError."""
        stripped = text.strip()
        if self.scale in ("toggle", "choices"):
            return self.check(stripped)
        if self.unit and stripped.endswith(self.unit):
            stripped = stripped[: -len(self.unit)].strip()
        try:
            number = float(stripped)
        except ValueError:
            raise ParameterError(f"{self._label}: {text!r} is not a number; {self.range_text}") from None
        return self.check(number)

    def describe(self) -> dict[str, Any]:
        """The declaration as plain data, for JSON, OSC and documentation."""
        return {
            "symbol": self.symbol,
            "name": self.name,
            "unit": self.unit,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "default": self.default,
            "scale": self.scale,
            "choices": list(self.choices),
            "smoothing_s": self.smoothing_s,
            "acts": self.acts,
            "description": self.description,
        }


def _shown(value: object) -> str:
    """A value as text for a message. Some are too long, and Python refuses to print integers over 4300 digits."""
    try:
        text = repr(value)
    except ValueError:
        return f"<{type(value).__name__} too long to show>"
    return text if len(text) <= 80 else f"{text[:80]}…"
