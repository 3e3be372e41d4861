# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves for the slots of a board, compiled into events at exact sample positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ddsp_fx.automation.curves import Breakpoints, Constant, Curve
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError

if TYPE_CHECKING:
    from ddsp_fx.board.board import Board

Target = tuple[str, str]


class Automation:
    """Curves by target.

    Args:
        curves: "slot.symbol" -> a Curve, a plain value, or a list of (time_s, value). A slot is a name
            (`violin-room`) or a number counted from 0: `Automation({"violin-room.mix": [(0, 0), (4, 1)]})`.
    """

    def __init__(self, curves: Mapping[str, Curve | Value | Sequence[tuple[float, Value]]]) -> None:
        self._curves = {_target(key): _curve(value) for key, value in curves.items()}

    @property
    def targets(self) -> list[str]:
        """The targets, as given."""
        return [f"{slot}.{symbol}" for slot, symbol in self._curves]

    def check(self, board: Board) -> None:
        """Raises BoardError, UnknownParameterError or ParameterError when a curve does not fit the board."""
        for (slot_name, symbol), curve in self._curves.items():
            slot = board.slot(slot_name)
            board.check_slot_symbol(slot, symbol)
            plugin = board[slot]
            if hasattr(plugin, "process_block"):
                for value in curve.values():
                    plugin.parameters[symbol].check(value)

    def set_initial(self, board: Board) -> None:
        """Set every automated parameter to its curve's first value, so that nothing ramps in from elsewhere."""
        for (slot_name, symbol), curve in self._curves.items():
            board.set_slot_value(board.slot(slot_name), symbol, curve.points(float("inf"))[0][1])

    def install(self, board: Board, sample_rate: float, samples: int) -> None:
        """Check against a prepared board, reset it, and schedule every event; raises what `check` raises."""
        self.check(board)
        self.set_initial(board)
        board.reset()
        for event in self.events(board, sample_rate, samples):
            board.schedule(*event)

    def events(self, board: Board, sample_rate: float, samples: int) -> Iterator[tuple[int, int, str, Value]]:
        """(sample, slot, symbol, value) for audio of that length, each target's in order of time."""
        for (slot_name, symbol), curve in self._curves.items():
            slot = board.slot(slot_name)
            for time_s, value in curve.points(samples / sample_rate):
                yield round(time_s * sample_rate), slot, symbol, value


def _target(key: str) -> Target:
    slot, dot, symbol = key.rpartition(".")
    if not (slot and dot and symbol):
        raise AutomationError(f"target {key!r} is not slot.parameter, such as violin-room.mix or 0.mix")
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
