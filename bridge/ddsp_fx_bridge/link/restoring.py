# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores what a host's project stores for a plugin: a board, values, and lanes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ddsp_fx.board import Board
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.controls import board_controls
from ddsp_fx_bridge.link.lanes import Lanes, restored_lanes


@dataclass(frozen=True)
class Project:
    """The fields of a `board` message.

    Args:
        json: of the board, with or without lanes; empty means an empty board.
        values: normalised, by target, in the order of the plugin's slots.
    """

    json: str
    values: dict[str, float]

    @classmethod
    def read(cls, fields: list[str]) -> Project:
        """Raises EngineError for a value that is not a number."""
        pairs = zip(fields[1::2], fields[2::2], strict=False)
        return cls(fields[0] if fields else "", {target: _number(text) for target, text in pairs})

    def lanes(self) -> Lanes | None:
        """The project's lanes, None if it has none."""
        return restored_lanes(self.json, self.values) if self.values else None

    def board(self) -> Board:
        """Raises BoardError, EngineError, and what loading an effect raises."""
        board = Board.from_json(self.json) if self.json else Board()
        set_normalised(board, self.values.items())
        return board


def set_normalised(board: Board, pairs: Iterable[tuple[str, float]]) -> None:
    """Set a board's controls by target; unknown targets are skipped.

    Raises EngineError for a value outside 0 to 1.
    """
    controls = {control.identity: control for control in board_controls(board)}
    for target, normalised in pairs:
        if not 0.0 <= normalised <= 1.0:
            raise EngineError(f"{target}: normalised value {normalised!r} is outside 0 to 1")
        control = controls.get(target)
        if control is not None and control.parameter is not None:
            slot = board.slot_with_id(control.slot_id)
            board.set_slot_value(slot, control.symbol, control.parameter.from_normalised(normalised))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise EngineError(f"{text!r} is not a number") from None
