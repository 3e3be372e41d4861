# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves for the slots of a board, compiled into events at exact sample positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ddsp_fx.automation.curves import Breakpoints, Constant, Curve, Events
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError, BoardError, ParameterError

if TYPE_CHECKING:
    from ddsp_fx.board.board import Board
    from ddsp_fx.board.plugin_list import Slot

Target = tuple[str, str]


class Automation:
    """Curves for a board's parameters, by target.

    Args:
        curves: "slot.symbol" -> a Curve, a plain value, or a list of (time_s, value). A slot is a name
            (`violin-room`) or a number counted from 0: `Automation({"violin-room.mix": [(0, 0), (4, 1)]})`.
            A symbol alone (`mix`) is a parameter of the board itself.
    """

    def __init__(self, curves: Mapping[str, Curve | Value | Sequence[tuple[float, Value]]]) -> None:
        self._curves: list[tuple[Target, Curve]] = [(_target(key), _curve(value)) for key, value in curves.items()]

    def __repr__(self) -> str:
        curves = {_name(target): c.value if isinstance(c, Constant) else c for target, c in self._curves}
        return f"Automation({curves!r})"

    @classmethod
    def merged(cls, parts: Sequence[Automation]) -> Automation:
        """Merge several automations. If two move the same parameter, `check`, which has the board, raises an error."""
        whole = cls({})
        for part in parts:
            whole._curves.extend(part._curves)
        return whole

    def with_slots(self, names: Mapping[str, str]) -> Automation:
        """The same curves after slots were renamed; `names` gives the new name for each old one."""
        renamed = Automation({})
        renamed._curves = [((names.get(slot, slot), symbol), curve) for (slot, symbol), curve in self._curves]
        return renamed

    @property
    def targets(self) -> list[str]:
        """The targets, as given."""
        return [_name(target) for target, _ in self._curves]

    def check(self, board: Board) -> None:
        """Raises BoardError, UnknownParameterError or ParameterError when a curve does not fit the board.

        Raises AutomationError when two curves move one parameter. Curves from files have the line in the message.
        """
        seen: dict[tuple[Slot, str], str] = {}
        for (slot_name, symbol), curve in self._curves:
            origin = getattr(curve, "origin", None)
            where = f"{origin.head}: " if origin else ""
            with _prefixed(where):
                slot = board.slot(slot_name) if slot_name else None
                board.check_slot_symbol(slot, symbol)
            if (slot, symbol) in seen:
                other = seen[slot, symbol] or "another curve"
                raise AutomationError(f"{where}{_name((slot_name, symbol))} is moved by {other.rstrip(': ')} too")
            seen[slot, symbol] = where
            for index, value in enumerate(curve.values()):
                with _prefixed(f"{origin.of_value(index)}: " if origin else ""):
                    board.check_slot_value(slot, symbol, value)

    def set_initial(self, board: Board) -> None:
        """Set every automated parameter to its curve's first value, so that no parameter ramps from another value.

        Curves of the kind `Events` change nothing here: a parameter keeps its value until its first event.
        """
        for (slot_name, symbol), curve in self._curves:
            if not isinstance(curve, Events):
                slot = board.slot(slot_name) if slot_name else None
                board.set_slot_value(slot, symbol, curve.points(float("inf"))[0][1])

    def install(self, board: Board, sample_rate: float, samples: float) -> None:
        """Check against a prepared board, reset it, and schedule every event; raises what `check` raises."""
        self.check(board)
        self.set_initial(board)
        # A first value can change a native plugin's latency. `prepare` measures it again; other effects are only reset.
        board.prepare(*board.layout)
        for event in self.events(board, sample_rate, samples):
            board.schedule(*event)

    def events(self, board: Board, sample_rate: float, samples: float) -> Iterator[tuple[int, Slot, str, Value]]:
        """(sample, slot, symbol, value) for audio of that length, in order of time for each target."""
        for (slot_name, symbol), curve in self._curves:
            slot = board.slot(slot_name) if slot_name else None
            for time_s, value in curve.points(samples / sample_rate):
                yield round(time_s * sample_rate), slot, symbol, value


@contextmanager
def _prefixed(where: str) -> Iterator[None]:
    """Context that puts the place where the curve was read before the board's errors."""
    try:
        yield
    except (BoardError, ParameterError) as error:
        raise type(error)(f"{where}{error}") from None


def _name(target: Target) -> str:
    return ".".join(part for part in target if part)


def _target(key: str) -> Target:
    slot, dot, symbol = key.rpartition(".")
    if not symbol or bool(dot) != bool(slot):
        raise AutomationError(
            f"target {key!r} is not slot.parameter, such as violin-room.mix or 0.mix; the board's own mix is just mix"
        )
    return slot, symbol


def _curve(value: Any) -> Curve:
    if isinstance(value, (bool, int, float, str)):
        return Constant(value)
    if hasattr(value, "points"):
        return value  # type: ignore[no-any-return]
    try:
        return Breakpoints([(float(time), level) for time, level in value])
    except (TypeError, ValueError):
        raise AutomationError(f"{value!r} is neither a value, a curve, nor a list of (time_s, value)") from None
