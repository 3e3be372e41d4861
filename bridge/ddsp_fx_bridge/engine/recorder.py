# SPDX-License-Identifier: GPL-3.0-or-later
"""A take being written: what a track was sent, at the sample where it was applied."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from ddsp_fx.automation import take_event, take_header
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import EngineError
from ddsp_fx.files.replace import move_into_place
from ddsp_fx_bridge.engine.controls import Key

# At 1000 changes a block of 256 samples this is 20 s without a writer; then the take is given up, not the memory.
MOST_WAITING = 4_000_000


class Recorder:
    """The audio thread adds, a writer drains. The file appears under its name when the take is finished.

    Args:
        path: of the .jsonl file.
        sample_rate: in Hz.
        board_json: the board as it stands when the take begins.
        targets: what automation calls each key.
    """

    def __init__(self, path: Path, sample_rate: float, board_json: str, targets: Mapping[Key, str]) -> None:
        self.path = path
        self.start: int | None = None
        self.count = 0
        self._targets = dict(targets)
        self._waiting: deque[tuple[int, Key, Value]] = deque(maxlen=MOST_WAITING)
        self._part = path.with_name(path.name + ".part")
        try:
            self._file = self._part.open("w", encoding="utf-8")
        except OSError as error:
            raise EngineError(f"{path}: the take cannot be written: {error.strerror}") from None
        self._failed: OSError | None = None
        self._file.write(take_header(sample_rate, board_json))

    def begin(self, position: int) -> None:
        """In the audio thread, at each block: the first one is the take's sample 0."""
        if self.start is None:
            self.start = position

    def add(self, position: int, key: Key, value: Value) -> None:
        """In the audio thread: a change that acts at that position."""
        self._waiting.append((position, key, value))

    def drain(self) -> None:
        """Write what has come. What goes wrong is said when the take is finished."""
        while self._waiting:
            position, key, value = self._waiting.popleft()
            line = take_event(position - (self.start or 0), self._targets[key], value)
            try:
                self._file.write(line)
            except OSError as error:
                self._failed = self._failed or error
            self.count += 1

    def finish(self) -> Path:
        """Write the rest and give the file its name; raises EngineError."""
        try:
            self.drain()
            self._file.close()
            if self._failed is not None:
                raise self._failed
        except OSError as error:
            raise EngineError(f"{self.path}: the take cannot be written: {error.strerror}") from None
        move_into_place(self._part, self.path, EngineError)
        return self.path


def board_with_values(board_json: str, values: Mapping[Key, Value]) -> str:
    """The board's JSON with what has been asked of it, though the audio may not have reached it yet."""
    data = json.loads(board_json)
    for (slot, symbol), value in values.items():
        if slot is not None:
            place = data["slots"][slot]
            place = place["board"] if place["type"] == "board" else place.get("parameters", {})
            if symbol in place:
                place[symbol] = value
        elif symbol != "bypass" or value:
            data[symbol] = value
        else:
            data.pop(symbol, None)
    return json.dumps(data)
