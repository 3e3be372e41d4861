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

# After this many ticks without changes, the whole board is sent to the plugin, for its host to save.
SETTLED_TICKS = 10
_MOST_FAILED = 16


class Report:
    """The report of one session. All methods except `listen` are for the session's thread.

    Args:
        engine: the track's engine.
        send: sends one message, field by field.
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
        """A project's board comes next, with its lanes and their values; returns a function that undoes this."""
        before = self._lanes, self.slots

        def undo() -> None:
            self._lanes, self.slots = before

        self._lanes, self.slots = lanes or self._lanes, Slots((), stood=values)
        return undo

    def describe(self, track: Track, use: Callable[[Slots, int], None]) -> None:
        """Send a whole board from one moment, because the panel may load another one meanwhile.

        Args:
            track: the plugin's track.
            use: called with the slots before they set anything.
        """
        try:
            for message in self._description(track, use):
                self._send(*message)
        except DdspFxError as error:
            # It has no name to load it by, or a plugin's state of a megabyte: it plays, but no project can store it.
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
        """From any thread. `source` is the plugin's own session, whose changes are not sent back."""
        if isinstance(event, Failed) and event.track == self._number:
            with self._lock:
                self._failed = [*self._failed[1 - _MOST_FAILED :], event.text]
        elif isinstance(event, Changed) and event.change.track == self._number:
            with self._lock:
                if event.source is not source:
                    self._changed[event.change.key] = event.change.value

    def take_touched(self, track: Track, touched: Iterable[tuple[Key, Value]]) -> list[Change]:
        """The host's last values as changes. Hosts repeat all values at load: only a different one is a move."""
        latest = dict(touched)
        for key, value in latest.items():
            if key in track.values and track.values[key] != value and self._lanes.move(track.controls[key].identity):
                self._unsaved = SETTLED_TICKS
            self.slots.note(key, value)
        return [Change(track.number, *key, value) for key, value in latest.items()]

    def tell(self, track: Track) -> None:
        """Send faults, values, and finally the board for the host to save."""
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
                # Another part of the board has changed, or another board has come, which is described next.
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
