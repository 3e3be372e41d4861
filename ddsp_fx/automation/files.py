# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation from files: breakpoints in CSV, takes in JSON Lines, controllers in MIDI files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ddsp_fx.automation.automation import Automation
from ddsp_fx.automation.curves import Breakpoints, Origin
from ddsp_fx.automation.takes import read_take, read_text, seconds
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError

if TYPE_CHECKING:
    from ddsp_fx.automation.midi import MidiControl
    from ddsp_fx.board.board import Board

MIDI_SUFFIXES = (".mid", ".midi")


def read_automation(
    path: Path | str, board: Board | None = None, controls: Sequence[MidiControl] | None = None
) -> Automation:
    """A .csv of breakpoints, a .jsonl take, or a .mid file.

    Args:
        path: the file; its suffix determines its format.
        board: needed for a .mid file, where a controller's 0 to 127 is mapped to the range of a parameter of the board.
            A take finds its slots in it by their ids, even if they were renamed since.
        controls: which controller of a .mid file moves which parameter, from `ddsp_fx.automation.midi.parse_control`.

    Raises:
        AutomationError: names the line that is wrong.
        MissingExtraError: for a .mid file if mido is not installed.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix in MIDI_SUFFIXES and board is not None:
        from ddsp_fx.automation.midi import read_midi

        return read_midi(file, board, controls or ())
    if suffix in MIDI_SUFFIXES:
        raise AutomationError(f"{file}: a MIDI file needs the board: read_automation(path, board, controls)")
    if suffix == ".csv":
        return Automation(_csv(read_text(file), file))
    if suffix == ".jsonl":
        take = read_take(file)
        return take.automation if board is None else take.automation_for(board)
    raise AutomationError(f"{file}: expected a .csv of breakpoints, a .jsonl take or a .mid of controllers")


def _csv(text: str, file: Path) -> dict[str, Breakpoints]:
    """Header `time_s,slot.symbol,...`; an empty cell adds no breakpoint to that parameter."""
    rows = list(csv.reader(text.splitlines()))
    head = [cell.strip() for cell in rows[0]] if rows else []
    if head[:1] != ["time_s"] or len(head) < 2:
        raise AutomationError(
            f"{file}: the first line must be time_s,slot.parameter,... such as time_s,violin-room.mix"
        )
    columns = [_Column(target, file) for target in _distinct(head[1:], file)]
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            _row(row, columns, f"{file}, line {number}", number)
    return {column.target: column.curve() for column in columns}


def _distinct(targets: list[str], file: Path) -> list[str]:
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        raise AutomationError(f"{file}, line 1: column {twice!r} appears twice")
    return targets


def _row(row: list[str], columns: list[_Column], where: str, number: int) -> None:
    if len(row) > len(columns) + 1:
        raise AutomationError(f"{where}: {len(row)} cells, but the first line names {len(columns) + 1}")
    time_s = seconds(row[0].strip(), where)
    for column, cell in zip(columns, row[1:], strict=False):
        if cell.strip():
            column.add(time_s, _value(cell.strip()), number)


class _Column:
    """One parameter's breakpoints, and the lines they come from."""

    def __init__(self, target: str, file: Path) -> None:
        self.target, self._file = target, file
        self._pairs: list[tuple[float, Value]] = []
        self._lines: list[int] = []

    def add(self, time_s: float, value: Value, line: int) -> None:
        if self._pairs and time_s < self._pairs[-1][0]:
            raise AutomationError(
                f"{self._file}, line {line}: time {time_s:g} s comes after {self._pairs[-1][0]:g} s; sort the lines"
            )
        self._pairs.append((time_s, value))
        self._lines.append(line)

    def curve(self) -> Breakpoints:
        if not self._pairs:
            raise AutomationError(f"{self._file}: column {self.target!r} has no values")
        return Breakpoints(self._pairs, origin=Origin(str(self._file), 1, tuple(self._lines)))


def _value(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text
