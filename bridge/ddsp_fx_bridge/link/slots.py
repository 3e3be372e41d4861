# SPDX-License-Identifier: GPL-3.0-or-later
"""A board's controls as the numbered slots that a host automates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ddsp_fx.board import Board
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.controls import Control, Key, board_controls
from ddsp_fx_bridge.link.messages import number_text

MOST_SLOTS = 64


class Slots:
    """The first 64 controls that declare a range.

    Args:
        controls: in the board's order.
    """

    def __init__(self, controls: Iterable[Control]) -> None:
        self._controls = [c for c in controls if c.parameter is not None][:MOST_SLOTS]
        self._index = {control.key: index for index, control in enumerate(self._controls)}

    def __len__(self) -> int:
        return len(self._controls)

    def index(self, key: Key) -> int | None:
        """Of a control, None where it has no slot."""
        return self._index.get(key)

    def value(self, index: int, normalised: float) -> tuple[Key, Value] | None:
        """What a normalised value sets, None where there is no such slot."""
        if index >= len(self._controls):
            return None
        control = self._controls[index]
        return control.key, _parameter(control).from_normalised(min(max(normalised, 0.0), 1.0))

    def normalise(self, index: int, value: Value) -> float:
        """The inverse."""
        return _parameter(self._controls[index]).normalise(value)

    def messages(self, values: Mapping[Key, Value]) -> Iterable[list[str]]:
        """A `slot` message for each."""
        for index, control in enumerate(self._controls):
            p = _parameter(control)
            numbers = (p.minimum, p.maximum, p.normalise(p.default), p.normalise(values[control.key]))
            # Two effects of one kind would have the same names twice: a host's list tells them apart by their slot's.
            name = f"{control.slot_name}: {p.name}" if control.slot_name and self._is_twice(p.name) else p.name
            head = ["slot", str(index), control.target, name, p.unit, p.scale]
            yield [*head, *map(number_text, numbers), *p.choices]

    def _is_twice(self, name: str) -> bool:
        return sum(_parameter(control).name == name for control in self._controls) > 1


def _parameter(control: Control) -> Parameter:
    assert control.parameter is not None
    return control.parameter


def set_normalised(board: Board, pairs: Iterable[tuple[str, float]]) -> None:
    """Set a board's controls by target; those that it does not have are passed over.

    Raises EngineError for a value outside 0 to 1.
    """
    controls = {control.target: control for control in board_controls(board)}
    for target, normalised in pairs:
        if not 0.0 <= normalised <= 1.0:
            raise EngineError(f"{target}: normalised value {normalised!r} is outside 0 to 1")
        control = controls.get(target)
        if control is not None and control.parameter is not None:
            board.set_slot_value(*control.key, control.parameter.from_normalised(normalised))
