# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine reports to a plugin: the board as slots, values set by others, failures, the state to save."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import DdspFxError
from ddsp_fx_bridge.engine import Change, Changed, Engine, Event, Track
from ddsp_fx_bridge.engine.controls import Key
from ddsp_fx_bridge.engine.events import Failed
from ddsp_fx_bridge.link.lanes import Lanes
from ddsp_fx_bridge.link.messages import number_text
from ddsp_fx_bridge.link.slots import Slots

# The rest of a board goes to the plugin, for its host to save, when nothing has changed for so many ticks.
SETTLED_TICKS = 10
_MOST_FAILED = 16


class Report:
    """One session's. All but `listen` is for the session's thread.

    Args:
        engine: that the track is of.
        send: one message, field by field.
    """

    def __init__(self, engine: Engine, send: Callable[..., None]) -> None:
        self._engine, self._send = engine, send
        self.slots, self._lanes = Slots(()), Lanes()
        self.generation = -1
        self._number = 0
        self._changed: dict[Key, Value] = {}
        self._failed: list[str] = []
        self._lock = threading.Lock()
        self._unsaved = 0

    def restore(self, lanes: Lanes | None, values: dict[str, float]) -> Callable[[], None]:
        """A project's board comes next, with its lanes and what they stood at; returns what takes it back."""
        before = self._lanes, self.slots

        def undo() -> None:
            self._lanes, self.slots = before

        self._lanes, self.slots = lanes or self._lanes, Slots((), stood=values)
        return undo

    def describe(self, track: Track, use: Callable[[Slots, int], None]) -> None:
        """Everything of one board, taken at one moment: the panel may load another while this is on its way.

        Args:
            track: that the plugin plays.
            use: told of the slots before anything is set by them.
        """
        try:
            for message in self._description(track, use):
                self._send(*message)
        except DdspFxError as error:
            # It has no name to load it by, or a plugin's state of a megabyte: it sounds, but no project can keep it.
            self._send("error", "board", str(error))

    def _description(self, track: Track, use: Callable[[Slots, int], None]) -> list[list[str]]:
        with self._engine.unchanging():
            self._lanes.arrange([c.identity for c in track.controls.values() if c.parameter is not None])
            self.generation, self._number = track.generation, track.number
            self.slots = Slots(track.controls.values(), self._lanes, self.slots.stood)
            for key, value in track.values.items():
                self.slots.note(key, value)
            use(self.slots, self.generation)
            with self._lock:
                self._changed.clear()
            numbers = (track.latency_samples, track.board.tail_samples, len(self.slots))
            head = ["describe", self._lanes.added_to(track.board_json()), *map(str, numbers)]
            return [head, *self.slots.messages(track.values), ["end"]]

    def listen(self, event: Event, source: object) -> None:
        """In any thread; `source` is who sets for the plugin, which needs not be told of that."""
        if isinstance(event, Failed) and event.track == self._number:
            with self._lock:
                self._failed = [*self._failed[1 - _MOST_FAILED :], event.text]
        elif isinstance(event, Changed) and event.change.track == self._number:
            with self._lock:
                if event.source is not source:
                    self._changed[event.change.key] = event.change.value

    def take_touched(self, track: Track, touched: Iterable[tuple[Key, Value]]) -> list[Change]:
        """What the host has set, the last of each. Hosts repeat all values at load: only another one is a move."""
        latest = dict(touched)
        for key, value in latest.items():
            if key in track.values and track.values[key] != value and self._lanes.move(track.controls[key].identity):
                self._unsaved = SETTLED_TICKS
            self.slots.note(key, value)
        return [Change(track.number, *key, value) for key, value in latest.items()]

    def tell(self, track: Track) -> None:
        """Faults, values, and at last the board for the host to save."""
        with self._lock:
            changed, self._changed = self._changed, {}
            failed, self._failed = self._failed, []
        for text in failed:
            self._send("error", "audio", text)
        self._tell_values(changed)
        self._save(track)

    def _tell_values(self, changed: dict[Key, Value]) -> None:
        fields = ["values"]
        for key, value in changed.items():
            index = self.slots.index(key)
            if index is None:
                # Of the rest of the board, or of another that has come meanwhile and is described next.
                self._unsaved = SETTLED_TICKS
            else:
                self.slots.note(key, value)
                fields += [str(index), number_text(self.slots.normalise(index, value))]
        if len(fields) > 1:
            self._send(*fields)

    def _save(self, track: Track) -> None:
        if self._unsaved:
            self._unsaved -= 1
            if not self._unsaved:
                self._send("state", self._lanes.added_to(track.board_json()))
