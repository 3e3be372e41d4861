# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: the changes that were sent to a running board, one JSON object per line.

{"ddsp_fx_take": 1, "rate": 48000, "board": {...}, "slot_ids": {"violin-room": "violin-room"}}
{"sample": 66150, "target": "violin-room.mix", "value": 0.6}
{"time_s": 1.5, "target": "mix", "value": 1.0}

The first line, the header, is optional: the board when the take began, and the id of each slot's name. By its id a
slot is found again after it was renamed.

`sample` counts input samples from the start of the take, at the line's own `rate` or the header's. With a header, a
parameter has the board's value until its first event; without one, it has its first value from the start.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddsp_fx.automation.automation import Automation
from ddsp_fx.automation.curves import Breakpoints, Events, Origin
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError

if TYPE_CHECKING:
    from ddsp_fx.board.board import Board

HEADER = "ddsp_fx_take"
VERSION = 1


@dataclass(frozen=True)
class Take:
    """A take, as read from a file.

    Args:
        automation: its events.
        rate_hz: the header's rate, None without one.
        board: the board at the start as `Board.to_json` writes it, None without one.
        slot_ids: the ids of the slots' names at the start, empty without a header.
    """

    automation: Automation
    rate_hz: float | None
    board: Mapping[str, Any] | None
    slot_ids: Mapping[str, str] = field(default_factory=dict)

    def automation_for(self, board: Board) -> Automation:
        """The events for `board`. Each slot is found by its id, or by its name if the take has no id for it."""
        names = dict(zip(board.slot_ids(), board.slot_names(), strict=True))
        moved = {name: slot_id for name, slot_id in self.slot_ids.items() if names.get(slot_id, name) != name}
        return self.automation.with_slots({name: f"#{slot_id}" for name, slot_id in moved.items()})

    @property
    def board_json(self) -> str | None:
        """Text for `Board.from_json`."""
        return None if self.board is None else json.dumps(self.board)


def take_header(rate_hz: float, board_json: str | None = None, slot_ids: Mapping[str, str] | None = None) -> str:
    """The first line of a take, with its newline.

    Args:
        rate_hz: the sample rate of its `sample` numbers.
        board_json: from `Board.to_json`.
        slot_ids: the id of each slot's name.
    """
    header: dict[str, Any] = {HEADER: VERSION, "rate": rate_hz}
    if board_json is not None:
        header["board"] = json.loads(board_json)
    if slot_ids:
        header["slot_ids"] = dict(slot_ids)
    return json.dumps(header) + "\n"


def take_event(sample: int, target: str, value: Value) -> str:
    """One event's line, with its newline; `target` is slot.symbol, or a symbol of the board itself."""
    return json.dumps({"sample": sample, "target": target, "value": value}) + "\n"


def read_take(path: Path | str) -> Take:
    """A .jsonl file; raises AutomationError naming the line that does not fit."""
    file = Path(path)
    reader = _TakeReader(file)
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if line.strip():
            reader.line(number, line)
    if not reader.events and reader.board is None:
        raise AutomationError(f"{file}: the take is empty")
    return Take(Automation(reader.curves()), reader.rate_hz, reader.board, reader.slot_ids)


@dataclass
class _TakeReader:
    """Collects lines and remembers the header's rate."""

    file: Path
    rate_hz: float | None = None
    board: Mapping[str, Any] | None = None
    slot_ids: Mapping[str, str] = field(default_factory=dict)
    events: defaultdict[str, list[tuple[float, Value, int]]] = field(default_factory=lambda: defaultdict(list))
    _begun: bool = False
    _has_header: bool = False

    def line(self, number: int, text: str) -> None:
        where = f"{self.file}, line {number}"
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise AutomationError(f"{where}: not JSON: {error}") from None
        if not isinstance(entry, dict):
            raise AutomationError(f'{where}: expected an object such as {{"time_s": 1.5, ...}}, got {entry!r:.60}')
        if HEADER in entry:
            self._header(entry, where)
        else:
            self._event(entry, where, number)
        self._begun = True

    def _header(self, entry: dict[str, Any], where: str) -> None:
        if self._begun:
            raise AutomationError(f"{where}: the header must be the first line")
        if entry[HEADER] != VERSION:
            raise AutomationError(f"{where}: take version {entry[HEADER]!r} is unknown; this ddsp-fx reads {VERSION}")
        board = entry.get("board")
        if board is not None and not isinstance(board, dict):
            raise AutomationError(f"{where}: board is {board!r:.60}; expected what Board.to_json writes")
        self.rate_hz = _rate(entry["rate"], where) if "rate" in entry else None
        self.board, self._has_header = board, True
        self.slot_ids = _slot_ids(entry.get("slot_ids", {}), where)

    def _event(self, entry: dict[str, Any], where: str, number: int) -> None:
        missing = next((key for key in ("target", "value") if key not in entry), None)
        if missing:
            raise AutomationError(f"{where}: KeyError: {missing!r} is missing; a line has a time, a target and a value")
        target, value = entry["target"], entry["value"]
        if not isinstance(target, str) or not isinstance(value, (bool, int, float, str)):
            raise AutomationError(f"{where}: target {target!r} must be text, and value {value!r} a number or text")
        self.events[target].append((self._time_s(entry, where), value, number))

    def _time_s(self, entry: dict[str, Any], where: str) -> float:
        if "sample" not in entry:
            if "time_s" not in entry:
                raise AutomationError(f"{where}: no time: give time_s, or sample with rate")
            return seconds(entry["time_s"], where)
        rate = entry.get("rate", self.rate_hz)
        if rate is None:
            raise AutomationError(f"{where}: sample without a rate: give it here or in the header")
        return seconds(entry["sample"], where, "sample") / _rate(rate, where)

    def curves(self) -> dict[str, Events | Breakpoints]:
        out: dict[str, Events | Breakpoints] = {}
        for target, events in self.events.items():
            ordered = sorted(events, key=lambda event: event[0])
            lines = tuple(number for _, _, number in ordered)
            origin = Origin(str(self.file), events[0][2], lines)
            pairs = [(time_s, value) for time_s, value, _ in ordered]
            out[target] = Events(pairs, origin) if self._has_header else Breakpoints(pairs, "step", origin)
        return out


def _slot_ids(value: Any, where: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(slot_id, str) for slot_id in value.values()):
        raise AutomationError(
            f"{where}: slot_ids is {value!r:.60}; expected an object with a text for each slot's name"
        )
    return value


def _rate(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (math.isfinite(value) and value > 0):
        raise AutomationError(f"{where}: rate {value!r} is not a number of Hz above 0")
    return float(value)


def seconds(value: Any, where: str, name: str = "time") -> float:
    """A time >= 0 from a file; raises AutomationError."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0.0):
        unit = "samples" if name == "sample" else "seconds"
        raise AutomationError(f"{where}: {name} {value!r} is not a number of {unit} >= 0")
    return number


def read_text(file: Path) -> str:
    """The file's UTF-8 text, without a byte order mark; raises AutomationError."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise AutomationError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AutomationError(f"{file}: not UTF-8 text") from None
