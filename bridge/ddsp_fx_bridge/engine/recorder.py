# SPDX-License-Identifier: GPL-3.0-or-later
"""Records a take: the changes that a track received, at the samples where they were applied."""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ddsp_fx.automation import take_event, take_header
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.controls import Control, Key
from ddsp_fx_bridge.engine.library import Library

# With 1000 changes per block of 256 samples, this is 20 s without a writer; beyond it, the take is abandoned.
MOST_WAITING = 4_000_000
# The name of an unfinished take: the process that writes it, and the take's name.
_PART = re.compile(r"\.take-(\d{1,10})-(.+)")


class Recorder:
    """The audio thread adds events, and a writer saves them. The file gets its name when the take is finished.

    Args:
        takes: the folder for the take.
        name: of the take; an existing one is never overwritten.
        sample_rate: in Hz.
        board_json: the board when the take begins.
        controls: of the track.
    """

    def __init__(
        self, takes: Library, name: str, sample_rate: float, board_json: str, controls: Mapping[Key, Control]
    ) -> None:
        self._takes, self._name = takes, name
        self.path = takes.unused(name)
        self.start: int | None = None
        self.count = 0
        self._targets = {key: control.target for key, control in controls.items()}
        self._waiting: deque[tuple[int, Key, Value]] = deque(maxlen=MOST_WAITING)
        self._part = self.path.with_name(f".take-{os.getpid()}-{self.path.stem}")
        try:
            self._file = self._part.open("x", encoding="utf-8")
        except OSError as error:
            raise EngineError(f"{self.path}: the take cannot be written: {error.strerror}") from None
        self._failed: OSError | None = None
        ids = {control.slot_name: control.slot_id for control in controls.values() if control.slot_id}
        self._file.write(take_header(sample_rate, board_json, ids))

    def begin(self, position: int) -> None:
        """In the audio thread, at each block; the first block is the take's sample 0."""
        if self.start is None:
            self.start = position

    def add(self, position: int, key: Key, value: Value) -> None:
        """In the audio thread: add a change that acts at that position."""
        self._waiting.append((position, key, value))

    def drain(self) -> None:
        """Write the queued events. Errors are reported when the take is finished."""
        if not self._waiting:
            return
        try:
            while self._waiting:
                position, key, value = self._waiting.popleft()
                self._file.write(take_event(position - (self.start or 0), self._targets[key], value))
                self.count += 1
            # Flushed data survives a crash of this process.
            self._file.flush()
        except OSError as error:
            self._failed = self._failed or error

    def finish(self) -> Path:
        """Write the rest and name the file, differently if the name was taken meanwhile; raises EngineError."""
        try:
            self.drain()
            self._file.close()
            if self._failed is not None:
                raise self._failed
            self.path = _named(self._part, self._takes, self._name)
        except OSError as error:
            raise EngineError(f"{self.path}: the take cannot be written: {error.strerror}") from None
        return self.path


def _named(part: Path, takes: Library, name: str) -> Path:
    """Move a finished file to the first free name."""
    while True:
        path = takes.unused(name)
        try:
            # A link fails if the name is taken; a rename would replace the file.
            os.link(part, path)
        except FileExistsError:
            continue
        except OSError:
            part.rename(path)
            return path
        part.unlink()
        return path


def recover(takes: Library) -> list[Path]:
    """Name the takes of killed engines, with their complete lines; returns the new paths."""
    found = []
    with suppress(OSError):
        for part in sorted(takes.folder.iterdir()):
            match = _PART.fullmatch(part.name)
            if match and not _is_running(int(match[1])):
                with suppress(OSError, EngineError):
                    found += _recovered(part, takes, match[2])
    return found


def _recovered(part: Path, takes: Library, name: str) -> list[Path]:
    with part.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
    if not whole:
        part.unlink()
        return []
    return [_named(part, takes, name)]


def _is_running(process: int) -> bool:
    # Windows cannot ask this: there, kill() with signal 0 would end the process.
    if process == os.getpid() or os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def board_with_values(board_json: str, values: Mapping[Key, Value]) -> str:
    """The board's JSON with the requested values, even if they have not reached the audio yet."""
    data = json.loads(board_json)
    slots = {slot["id"]: slot for slot in data["slots"]}
    for (slot_id, symbol), value in values.items():
        if slot_id:
            place = slots[slot_id]
            place = place["board"] if place["type"] == "board" else place.get("parameters", {})
            if symbol in place:
                place[symbol] = value
        elif symbol != "bypass" or value:
            data[symbol] = value
        else:
            data.pop(symbol, None)
    return json.dumps(data)
