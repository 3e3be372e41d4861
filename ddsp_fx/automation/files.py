# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation from files: breakpoints in CSV, and takes recorded over OSC in JSON Lines."""

from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

from ddsp_fx.automation.automation import Automation
from ddsp_fx.automation.curves import Breakpoints
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError

Pairs = dict[str, list[tuple[float, Value]]]


def read_automation(path: Path | str) -> Automation:
    """A .csv of breakpoints or a .jsonl take; raises AutomationError naming the line that does not fit."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise AutomationError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AutomationError(f"{file}: not UTF-8 text") from None
    if file.suffix == ".csv":
        return Automation({k: Breakpoints(v) for k, v in _csv(text, file).items()})
    if file.suffix == ".jsonl":
        return Automation({k: Breakpoints(v, "step") for k, v in _take(text, file).items()})
    raise AutomationError(f"{file}: expected a .csv of breakpoints or a .jsonl take")


def _csv(text: str, file: Path) -> Pairs:
    """Header `time_s,slot.symbol,...`; an empty cell leaves that parameter's line as it runs."""
    rows = list(csv.reader(text.splitlines()))
    if not rows or rows[0][:1] != ["time_s"] or len(rows[0]) < 2:
        raise AutomationError(
            f"{file}: the first line must be time_s,slot.parameter,... such as time_s,violin-room.mix"
        )
    pairs: Pairs = {target.strip(): [] for target in rows[0][1:]}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        time_s = _time(row[0], file, number)
        for target, cell in zip(pairs, row[1:], strict=False):
            if cell.strip():
                pairs[target].append((time_s, _value(cell.strip())))
    empty = next((target for target, points in pairs.items() if not points), None)
    if empty is not None:
        raise AutomationError(f"{file}: column {empty!r} has no values")
    return pairs


def _take(text: str, file: Path) -> Pairs:
    """Lines {"time_s": 1.5, "target": "violin-room.mix", "value": 0.3}; "sample" with "rate" may stand for time_s."""
    pairs: Pairs = defaultdict(list)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            time_s = entry["sample"] / entry["rate"] if "sample" in entry else entry["time_s"]
            pairs[str(entry["target"])].append((_time(time_s, file, number), entry["value"]))
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
            raise AutomationError(f"{file}, line {number}: {type(error).__name__}: {error}") from None
    if not pairs:
        raise AutomationError(f"{file}: the take is empty")
    return {target: sorted(points, key=lambda point: point[0]) for target, points in pairs.items()}


def _time(value: Any, file: Path, line: int) -> float:
    try:
        time_s = float(value)
    except (TypeError, ValueError):
        time_s = math.nan
    if not (math.isfinite(time_s) and time_s >= 0.0):
        raise AutomationError(f"{file}, line {line}: time {value!r} is not a number of seconds >= 0")
    return time_s


def _value(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text
