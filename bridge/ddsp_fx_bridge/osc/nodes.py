# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of address: a parameter in one of its three forms, a read-only value, a command."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import ParameterError, RefusedError
from ddsp_fx_bridge.engine import Change, Engine, Track
from ddsp_fx_bridge.engine.controls import Control

Form = Literal["plain", "n", "s"]
READ, WRITE = 1, 2


class Peer(Protocol):
    """The sender of a message, over any transport."""

    @property
    def identity(self) -> object:
        """The same for all messages of one client."""
        ...

    def send(self, datagram: bytes) -> bool:
        """Send one packet; False if it cannot be queued now."""
        ...


Run = Callable[[Peer, tuple[Any, ...]], Awaitable[None] | None]


@dataclass
class Node:
    """One address. A container can be neither read, set nor run.

    Args:
        address: the whole address.
        description: one line.
        is_alias: the nodes below have other addresses too, which lists and subscriptions use instead.
    """

    address: str
    description: str = ""
    is_alias: bool = field(default=False, kw_only=True)
    children: dict[str, Node] = field(default_factory=dict)

    types = ""
    unit = ""
    is_stream = False

    @property
    def access(self) -> int:
        """OSCQuery's ACCESS: 0 none, 1 read, 2 write, 3 both."""
        return 0

    def type_tags(self) -> str:
        """OSC type tags of the value or the arguments."""
        return self.types

    def ranges(self) -> list[dict[str, Any]] | None:
        """OSCQuery's RANGE, one per argument, or None."""
        return None

    def read(self) -> list[Any]:
        """The arguments of an answer; raises RefusedError 405."""
        raise RefusedError(405, self.address, "this address is a container without a value; query one below it")


@dataclass
class ValueNode(Node):
    """A parameter: in its unit, `n` from 0 to 1, or `s` as text.

    `default` is the effect's default in its bundle, None without one.
    """

    track: Track = None  # type: ignore[assignment]
    control: Control = None  # type: ignore[assignment]
    form: Form = "plain"
    default: Value | None = None

    @property
    def access(self) -> int:
        return READ | WRITE

    @property
    def types(self) -> str:  # type: ignore[override]
        """OSC type tags."""
        if self.form != "plain":
            return "f" if self.form == "n" else "s"
        parameter = self.control.parameter
        if parameter is not None:
            return {"toggle": "T", "choices": "s", "steps": "i"}.get(parameter.scale, "f")
        return {bool: "T", str: "s"}.get(type(self.control.initial), "f")

    @property
    def unit(self) -> str:  # type: ignore[override]
        """The declared unit, for the plain form."""
        parameter = self.control.parameter
        return parameter.unit if parameter is not None and self.form == "plain" else ""

    def ranges(self) -> list[dict[str, Any]] | None:
        parameter = self.control.parameter
        if self.form == "n":
            return [{"MIN": 0.0, "MAX": 1.0}]
        if self.form == "s" or parameter is None or parameter.scale == "toggle":
            return None
        if parameter.scale == "choices":
            return [{"VALS": list(parameter.choices)}]
        return [{"MIN": parameter.minimum, "MAX": parameter.maximum}]

    def read(self) -> list[Any]:
        value = self.track.values.get(self.control.key)
        if value is None:
            raise RefusedError(404, self.address, "the track has another board now")
        if self.form == "s":
            return [self.control.text(value)]
        if self.form == "n" and self.control.parameter is not None:
            return [float(self.control.parameter.normalise(value))]
        return [float(value) if self.types == "f" else value]

    def change(self, arguments: Sequence[Any], engine: Engine) -> Change:
        """The checked change; raises RefusedError 400 (type), 404 (the board was replaced) or 416 (range).

        The check is valid for as long as the engine is `unchanging`.
        """
        key = self.control.key
        if engine.tracks.get(self.track.number) is not self.track or self.track.controls.get(key) is not self.control:
            raise RefusedError(404, self.address, "the track has another board now")
        value = self._typed(arguments)
        try:
            checked = self._checked(value)
        except ParameterError as error:
            raise RefusedError(416, self.address, str(error)) from None
        return Change(self.track.number, *key, checked)

    def _checked(self, value: Any) -> Value:
        if self.form == "s":
            return self.control.parse(value)
        parameter = self.control.parameter
        if self.form == "n" and parameter is not None:
            return parameter.from_normalised(value)
        if parameter is not None and isinstance(value, float):
            value = _snapped(value, parameter.minimum, parameter.maximum)
        return self.control.check(value)

    def _typed(self, arguments: Sequence[Any]) -> Any:
        types = self.types
        if len(arguments) != 1:
            raise RefusedError(400, self.address, f"{len(arguments)} arguments; expected one of type {types}")
        value = arguments[0]
        fits = {
            "f": isinstance(value, (int, float)) and not isinstance(value, bool),
            "i": isinstance(value, (int, float)) and not isinstance(value, bool),
            "T": isinstance(value, (bool, int, float)),
            "s": isinstance(value, str),
        }[types]
        if not fits:
            raise RefusedError(400, self.address, f"{value!r:.80} is of another type; expected {types}")
        return float(value) if types == "f" else value


def _snapped(value: float, *limits: float) -> float:
    """Snap to a limit within 32-bit rounding: 0.3 arrives as 0.30000001192."""
    for limit in limits:
        if value == struct.unpack(">f", struct.pack(">f", limit))[0]:
            return limit
    return value


@dataclass
class ReadNode(Node):
    """A read-only value. If `is_stream`, it is sent 20 times a second to clients that subscribe to its name.

    Types of "s*" mean any number of texts.
    """

    types: str = ""
    unit: str = ""
    is_stream: bool = False
    get: Callable[[], list[Any]] = list

    def type_tags(self) -> str:
        return "s" * len(self.get()) if self.types == "s*" else self.types

    @property
    def access(self) -> int:
        return READ

    def read(self) -> list[Any]:
        return self.get()


@dataclass
class CommandNode(Node):
    """A command. Patterns do not reach it, so that * cannot save a board. Types of "*" accept any arguments.

    `foresee` raises what `run` would refuse in the current state, without acting, so that a packet can be refused
    before any part of it has acted.
    """

    types: str = ""
    run: Run = lambda _peer, _arguments: None
    optional: bool = False
    foresee: Callable[..., None] = lambda *_: None

    @property
    def access(self) -> int:
        return WRITE

    def ranges(self) -> list[dict[str, Any]] | None:
        return None

    def read(self) -> list[Any]:
        raise RefusedError(405, self.address, f"a command, without a value; expected arguments {self.types}")

    def check(self, arguments: Sequence[Any]) -> None:
        """Raises RefusedError 400."""
        if self.types == "*":
            return
        kinds: dict[str, tuple[type, ...]] = {"s": (str,), "i": (int,), "f": (int, float)}
        fits = len(arguments) <= len(self.types) and (self.optional or len(arguments) == len(self.types))
        for value, tag in zip(arguments, self.types, strict=False):
            fits = fits and isinstance(value, kinds[tag]) and not isinstance(value, bool)
        if not fits:
            few = " or fewer" if self.optional else ""
            raise RefusedError(
                400, self.address, f"expected arguments {self.types!r}{few}, got {list(arguments)!r:.80}"
            )
