# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: its tracks, and the only way to change them from outside."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import RLock

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.board import Board
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.changes import PERIOD_S, Change, Gate
from ddsp_fx_bridge.engine.events import Changed, Failed, Listener, Listeners, TracksChanged
from ddsp_fx_bridge.engine.layout import Layout
from ddsp_fx_bridge.engine.load import Load
from ddsp_fx_bridge.engine.schedule import Schedule, Timed
from ddsp_fx_bridge.engine.track import Track

# Timed changes are passed to the audio thread this long before their time, so that a late control thread does no harm.
AHEAD_S = 0.25


class Engine:
    """Control threads may call it concurrently; `process` is for the one audio thread of the engine's own device.

    Args:
            layout: of the engine's own audio.

        Attributes:
            now: a monotonic clock in seconds; the wall clock may be set while music plays.
            is_busy: True while a block of the engine's own audio is being processed. Work that can wait should wait
                then,
                because both share one interpreter.
    """

    def __init__(self, layout: Layout | None = None) -> None:
        self.layout = layout or Layout()
        self.sample_rate = self.layout.sample_rate
        self.tracks: dict[int, Track] = {}
        self.load = Load()
        self.is_busy = False
        self.position = 0
        self.now: Callable[[], float] = time.monotonic
        self._gate = Gate()
        self._control = RLock()
        self._listeners = Listeners()
        self._schedule = Schedule()
        self._house: tuple[Track, ...] = ()
        self._since = self._period = round(PERIOD_S * self.sample_rate)

    @property
    def waiting(self) -> int:
        """The number of changes whose time has not come."""
        return self._schedule.count

    def add_track(self, board: Board, layout: Layout | None = None) -> Track:
        """Add a track with the lowest free number; raises errors of `Board.prepare`.

        Args:
            board: not yet prepared.
            layout: for a track whose own audio source calls `Track.process`; None for one that the engine's `process`
                runs.
        """
        with self._control:
            number = next(n for n in itertools.count(1) if n not in self.tracks)
            # A DAW runs its tracks in separate threads, so each gets its own gate and blocks no other.
            track = Track(number, board, layout or self.layout, Gate() if layout else self._gate)
            self.tracks[number] = track
            if layout is None:
                self._house = (*self._house, track)
        self._listeners.tell(TracksChanged(number))
        return track

    def remove_track(self, number: int) -> None:
        """Raises EngineError if there is no track of that number."""
        with self._control:
            track = self.track(number)
            track.stop_recording()
            del self.tracks[number]
            self._house = tuple(t for t in self._house if t is not track)
        self._listeners.tell(TracksChanged(number))

    def track(self, number: int) -> Track:
        """Raises EngineError."""
        if number not in self.tracks:
            raise EngineError(
                f"there is no track {number}; the tracks are: {', '.join(map(str, self.tracks)) or 'none'}"
            )
        return self.tracks[number]

    def unchanging(self) -> AbstractContextManager[object]:
        """While it is held, no track is added or removed and none gets another board; audio continues."""
        return self._control

    def replace_board(self, number: int, board: Board) -> None:
        """Give a track another board; raises EngineError, or errors of `Board.prepare`."""
        prepared = self.track(number).prepare(board)
        with self._control:
            self.track(number).replace_board(prepared)
        self._listeners.tell(TracksChanged(number))

    def check(self, changes: Sequence[Change]) -> list[Change]:
        """The changes with values as they will be stored; raises ParameterError or EngineError for an invalid one."""
        return [replace(c, value=self.track(c.track).check(c.key, c.value)) for c in changes]

    def change(
        self, changes: Sequence[Change], source: object = None, at_s: float | None = None, sample: int | None = None
    ) -> None:
        """Apply all changes at the same sample, or none.

        Args:
            changes: what to set.
            source: who requested them; listeners are notified with it.
            at_s: when they act, on the clock of `now`; None and past times mean the next block.
            sample: instead of a time, the position on the count of each change's track.

        Raises ParameterError or EngineError for an invalid change, RefusedError 503 if too many are waiting.
        """
        with self._control:
            self._change(self.check(changes), source, at_s, sample)

    def change_checked(self, groups: Sequence[tuple[Sequence[Change], float | None]], source: object = None) -> None:
        """Apply several groups of changes, each with its `at_s` as in `change`: all of them, or none.

        Args:
            groups: with values from `check` or from the track's own control, checked while this engine was
                `unchanging`,
                as it still must be.
            source: who requested them; listeners are notified with it.

        Raises RefusedError 503 if too many are waiting; then nothing has changed.
        """
        with self._control:
            self._schedule.require_room(sum(len(changes) for changes, at_s in groups if self._is_ahead(at_s)))
            for changes, at_s in groups:
                self._change(changes, source, at_s, None)

    def _change(self, checked: Sequence[Change], source: object, at_s: float | None, sample: int | None) -> None:
        if at_s is not None and self._is_ahead(at_s):
            self._schedule.require_room(len(checked))
            self._schedule.add(at_s, [(c, self.track(c.track).generation) for c in checked], source)
            self._hand_over(self.now())
        else:
            self._post([(change, sample) for change in checked])
            self._announce(checked, source)

    def _is_ahead(self, at_s: float | None) -> bool:
        return at_s is not None and at_s > self.now()

    def _post(self, placed: Sequence[tuple[Change, int | None]]) -> None:
        # All of the engine's own tracks share a gate, so that changes of several tracks act in the same block.
        for gate in {self.tracks[change.track].gate for change, _ in placed}:
            with gate.lock:
                for change, sample in placed:
                    track = self.tracks[change.track]
                    if track.gate is gate:
                        track.post(change.key, change.value, sample)

    def _announce(self, changes: Sequence[Change], source: object) -> None:
        for change in changes:
            values = self.tracks[change.track].values
            if values[change.key] != change.value or type(values[change.key]) is not type(change.value):
                values[change.key] = change.value
                self._listeners.tell(Changed(change, source))

    def applied(self, changes: Sequence[Change], source: object) -> None:
        """An audio source has set these values itself: notify listeners."""
        with self._control:
            known = {number: track.values for number, track in self.tracks.items()}
            self._announce([c for c in changes if c.key in known.get(c.track, ())], source)

    def tick(self) -> None:
        """The control thread's work, every 10 ms: pass on changes due soon, announce those due now, write takes."""
        with self._control:
            now = self.now()
            self._hand_over(now)
            for entry in self._schedule.announce(now):
                self._announce(self._still_valid(entry), entry.source)
            failed = []
            for track in self.tracks.values():
                if track.recorder is not None:
                    track.recorder.drain()
                failed += [Failed(track.number, slot, reason) for slot, reason in track.take_failures()]
        for event in failed:
            self._listeners.tell(event)

    def _hand_over(self, now: float) -> None:
        for entry in self._schedule.hand_over(now + AHEAD_S):
            valid = self._still_valid(entry)
            self._post([(c, self.tracks[c.track].clock.sample_at(entry.at_s)) for c in valid])

    def _still_valid(self, entry: Timed) -> list[Change]:
        """The changes whose board is still there; another board's slots may mean something else."""
        tracks = self.tracks
        return [c for c, of in entry.changes if c.track in tracks and tracks[c.track].generation == of]

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event, in the thread that causes it; returns a function that ends this."""
        return self._listeners.add(listener)

    def process(self, block: Audio, time_s: float | None = None) -> Audio:
        """Process one block (channels, n <= block_size) with each of the engine's own tracks; returns their sum.

        Args:
            block: float32.
            time_s: when its first sample was at the input, on the clock of `now`; None if unknown.
        """
        self.is_busy = True
        try:
            return self._run(block, time_s)
        finally:
            self.is_busy = False

    def _run(self, block: Audio, time_s: float | None) -> Audio:
        started = time.perf_counter()
        house = self._house
        self._collect(house, block.shape[1])
        out = np.zeros_like(block) if len(house) != 1 else None
        for track in house:
            if time_s is not None:
                track.clock.block(time_s, self.position)
            part = track.run(block, self.position)
            out = part if out is None else out + part
        self.position += block.shape[1]
        self.load.add(time.perf_counter() - started, block.shape[1] / self.sample_rate)
        return out if out is not None else block

    def _collect(self, house: Sequence[Track], samples: int) -> None:
        """Take what was posted for all tracks at once, unless that was done a moment ago."""
        if self._since >= self._period and self._gate.enter():
            try:
                # No short-circuit evaluation: each track must collect.
                taken = [track.collect() for track in house]
            finally:
                self._gate.leave()
            self._since = 0 if any(taken) else self._since
        self._since += samples
