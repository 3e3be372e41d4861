# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a recorded take to a running track."""

from __future__ import annotations

import math
from pathlib import Path

from ddsp_fx.automation import read_take
from ddsp_fx.board import Board
from ddsp_fx.board.plugin_list import Slot
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError, BoardError, EngineError
from ddsp_fx_bridge.engine.changes import Change
from ddsp_fx_bridge.engine.controls import Key
from ddsp_fx_bridge.engine.engine import AHEAD_S, Engine

# Time between the command and sample 0, so that the first events are not late.
LEAD_S = 0.1


class Player:
    """Sends the events of a .jsonl take, with their sample positions, a quarter of a second before they are due.

    Args:
        engine, number: the track that plays it.
        path: of the take.

    Raises AutomationError or EngineError if the take does not fit the track's board.
    """

    def __init__(self, engine: Engine, number: int, path: Path) -> None:
        self._engine, self._track = engine, engine.track(number)
        self._events = self._read(path)
        self._next = 0
        self._generation = self._track.generation
        self._start = self._track.position + round(LEAD_S * self._track.sample_rate)

    def _read(self, path: Path) -> list[tuple[int, Key, Value]]:
        track = self._track
        take = read_take(path)
        try:
            moves = take.automation_for(track.board).events(track.board, track.sample_rate, math.inf)
            events = [(sample, _key(track.board, slot, symbol), value) for sample, slot, symbol, value in moves]
        except BoardError as error:
            raise AutomationError(f"{path.name}: {error}") from None
        checked = [(sample, key, track.check(key, value)) for sample, key, value in events]
        return sorted(checked, key=lambda event: event[0])

    def tick(self) -> bool:
        """Send events that are due soon; False if the take has ended, or its board is gone."""
        if self._track.generation != self._generation:
            return False
        horizon = self._track.position - self._start + round(AHEAD_S * self._track.sample_rate)
        while self._next < len(self._events) and self._events[self._next][0] <= horizon:
            sample, key, value = self._events[self._next]
            self._send(Change(self._track.number, *key, value), self._start + sample)
            self._next += 1
        return self._next < len(self._events)

    def _send(self, change: Change, sample: int) -> None:
        try:
            self._engine.change([change], source=self, sample=sample)
        except EngineError:
            # The track was removed between two ticks.
            self._next = len(self._events)


def _key(board: Board, slot: Slot, symbol: str) -> Key:
    """Raises BoardError for a parameter of a board inside a board, which the engine cannot change."""
    if isinstance(slot, tuple):
        raise BoardError(f"{symbol} belongs to a board inside the board; the engine only changes the outer board's")
    return ("" if slot is None else board.slot_ids()[slot]), symbol
