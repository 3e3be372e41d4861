# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of a plugin in a DAW, where users cannot type a chain: effects, their presets, saved boards."""

from __future__ import annotations

from ddsp_fx.board import Board
from ddsp_fx.board.text import parse_board
from ddsp_fx.bundles.discovery import discover
from ddsp_fx_bridge.engine.library import Library


class Menu:
    """Read again for each plugin that connects, so that it includes what was installed or saved since.

    Args:
        boards: the folder of saved boards.
    """

    def __init__(self, boards: Library) -> None:
        self._boards = boards

    def names(self) -> list[str]:
        """Every installed effect, sorted, each with its presets; then the boards."""
        catalogue = discover()
        names = []
        for symbol in sorted(catalogue.symbols()):
            bundle, found = catalogue.find(symbol)
            names += [symbol, *(f"{symbol}:preset={preset}" for preset in bundle.entry(found).presets)]
        return [*names, *(f"{name}.json" for name in self._boards.names())]

    def board(self, text: str) -> Board:
        """The board for a name in the menu, another chain, or a board's JSON; raises errors of building it."""
        if text.lstrip().startswith("{"):
            return Board.from_json(text)
        if text.removesuffix(".json") in self._boards.names():
            text = str(self._boards.existing(text.removesuffix(".json")))
        board = parse_board(text, typed=False)
        return board[0] if len(board) == 1 and isinstance(board[0], Board) else board
