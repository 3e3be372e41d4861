# SPDX-License-Identifier: GPL-3.0-or-later
"""A track: a running board, and every operation on it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping, Sequence

from ddsp_fx.array_types import Audio
from ddsp_fx.board import Board
from ddsp_fx.board.faults import reason_of
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.changes import PERIOD_S, Gate, Inbox
from ddsp_fx_bridge.engine.clock import ClockMap
from ddsp_fx_bridge.engine.controls import Control, Key, board_controls
from ddsp_fx_bridge.engine.fade import Fade
from ddsp_fx_bridge.engine.layout import Layout
from ddsp_fx_bridge.engine.meters import Meter, Scope
from ddsp_fx_bridge.engine.recorder import Recorder, board_with_values

# Every board that ever ran has another: a track's number is given again when a plugin has gone.
_generations = itertools.count()


class Track:
    """Audio goes through `process`, called by any door: a device, a clock, a file, a plugin in a DAW.

    Two sides share it. The control side (all other methods, one thread at a time) checks and posts; the audio side
    (`process`, or `collect` and `run`) takes what was posted at the start of a block and never waits.

    Args:
        number: from 1; what it is called from outside.
        board: not yet prepared.
        layout: of its audio.
        gate: shared with every track that is to change together with this one.

    Raises what `Board.prepare` raises.
    """

    def __init__(self, number: int, board: Board, layout: Layout, gate: Gate | None = None) -> None:
        self.number, self.layout = number, layout
        self.sample_rate = sample_rate = layout.sample_rate
        self.gate = gate or Gate()
        self.clock = ClockMap(sample_rate)
        self.meter_in, self.meter_out = Meter(sample_rate), Meter(sample_rate)
        self.scope_in, self.scope_out = Scope(), Scope()
        self.position = 0
        self.generation = next(_generations)
        self.recorder: Recorder | None = None
        self._inbox = Inbox()
        self._current: Mapping[Key, Value] = {}
        # What the board was sent last: some of it may still be on its way through the latency.
        self._sent: dict[Key, Value] = {}
        self._exact: list[tuple[int, Key, Value]] = []
        self._recording: Recorder | None = None
        self._since = self._period = round(PERIOD_S * sample_rate)
        self._next: Board | None = None
        self._fade = Fade(sample_rate)
        self.faults: dict[str, str] = {}
        self._failed: deque[Exception] = deque(maxlen=16)
        self._is_failing = self._wants_reset = False
        self._describe(self.prepare(board))
        self._board = self.board

    # The control side.

    def _describe(self, board: Board) -> None:
        self.board = board
        self.controls: Mapping[Key, Control] = {control.key: control for control in board_controls(board)}
        self.values: dict[Key, Value] = {key: control.initial for key, control in self.controls.items()}

    @property
    def latency_samples(self) -> int:
        """By which the output lags the input."""
        return self.board.latency_samples

    def check(self, key: Key, value: Value) -> Value:
        """The value as it will be stored; raises ParameterError, or EngineError where there is no such control."""
        if key not in self.controls:
            raise EngineError(f"track {self.number} has no parameter {key[1]!r} in slot {key[0] or 'board'!r}")
        return self.controls[key].check(value)

    def post(self, key: Key, value: Value, sample: int | None = None) -> None:
        """Send a checked value to the audio, now or for a sample of this track's count. The gate must be held."""
        self._inbox.post(key, value, sample)

    def prepare(self, board: Board) -> Board:
        """A board made ready to take over, which may take seconds; raises what `Board.prepare` raises."""
        # From here on a slot that raises is bypassed at its latency, and what else is in the board plays on.
        board.live = True
        board.prepare(self.sample_rate, self.layout.max_block_size, self.layout.channels)
        return board

    def replace_board(self, prepared: Board) -> None:
        """A board that `prepare` made ready takes over with the next block, faded over 20 ms.

        Changes that wait for their time are forgotten. A take of the old board ends; raises EngineError when it cannot
        be written.
        """
        self.stop_recording()
        self.faults = {}
        with self.gate.lock:
            self._inbox.clear()
            self._next = prepared
            self.generation = next(_generations)
            self._describe(prepared)

    def try_again(self) -> None:
        """Reset the board with the next block, which takes back what was bypassed."""
        self.faults = {}
        self._wants_reset = True

    def take_failures(self) -> list[tuple[str, str]]:
        """(slot, reason) of what has failed since the last time; "" is the board as a whole. `faults` keeps them."""
        found = [(failure.slot, failure.reason) for failure in self.board.take_failures()]
        while self._failed:
            found.append(("", reason_of(self._failed.popleft())))
        self.faults = {**self.faults, **dict(found)}
        return found

    def board_json(self) -> str:
        """The board as it has been asked to be; raises BoardError for one that has no name to load it by."""
        return board_with_values(self.board.to_json(), self.values)

    def start_recording(self, recorder: Recorder) -> None:
        """From the next block on, every change goes to the recorder too; raises EngineError while one is running."""
        if self.recorder is not None:
            raise EngineError(f"track {self.number} is recording {self.recorder.path.name} already; stop that first")
        with self.gate.lock:
            self.recorder = recorder

    def stop_recording(self) -> Recorder | None:
        """The recorder, finished, or None when there was none; raises EngineError when it cannot be written."""
        with self.gate.lock:
            recorder, self.recorder = self.recorder, None
        if recorder is not None:
            recorder.finish()
        return recorder

    # The audio side.

    def process(self, block: Audio, position: int | None = None) -> Audio:
        """One block (channels, n), n <= max_block_size -> the same shape, `latency_samples` late.

        Args:
            block: float32.
            position: of its first sample on the source's own count; None goes on from the last block.
        """
        if (self._since >= self._period or self._next is not None) and self.gate.enter():
            try:
                self._since = 0 if self.collect() else self._since
            finally:
                self.gate.leave()
        self._since += block.shape[1]
        return self.run(block, position)

    def set_at(self, sample: int, key: Key, value: Value) -> None:
        """Before `process` of the block that holds `sample`, on this track's count: a checked value, exactly there.

        For a door whose audio and automation come together; `post` is for who does not know the samples.
        """
        self._exact.append((sample, key, value))

    def restart(self, first: Sequence[tuple[Key, Value]] = ()) -> None:
        """Clear all audio. Values set so far, and `first`, apply from the next sample on, without a ramp.

        A host's activation: it happens between streams, so this may wait the moment that somebody posts.
        """
        with self.gate.lock:
            self.collect()
        self._fade.end()
        for key, value in [*self._sent.items(), *self._current.items(), *first]:
            self._board.set_slot_value(self._board.slot_with_id(key[0]), key[1], value)
        for key, value in [*self._current.items(), *first]:
            self._record(self.position, key, value)
        self._sent.clear()
        self._current = {}
        self._reset_board()

    def _reset_board(self) -> None:
        self._is_failing = self._wants_reset = False
        self.faults = {}
        self._board.reset()

    def collect(self) -> bool:
        """Take what was posted, inside the gate, for `run` to apply; True when anything was for now."""
        if self._next is not None:
            self._fade.begin(self._board)
            self._board, self._next = self._next, None
            self._sent.clear()
        self._current = self._inbox.collect()
        self._recording = self.recorder
        return bool(self._current)

    def run(self, block: Audio, position: int | None = None) -> Audio:
        """The rest of `process`."""
        start = self.position if position is None else position
        self._apply(start, start + block.shape[1])
        # A device may send anything. The board makes silence of NaN too, and says so.
        shown, _ = replace_non_finite(block)
        self.meter_in.push(shown)
        self.scope_in.push(shown)
        out = self._processed(block)
        self.meter_out.push(out)
        self.scope_out.push(out)
        self.position = start + block.shape[1]
        return out

    def _processed(self, block: Audio) -> Audio:
        """A slot that raises is the board's own business; here nothing may go up to a device, a clock or a plugin."""
        try:
            if self._wants_reset:
                self._reset_board()
            return self._fade.process(block, self._board.process_block(block))
        except Exception as error:
            self._fade.end()
            if not self._is_failing:
                self._is_failing = True
                self._failed.append(error)
            return block.copy()

    def _apply(self, start: int, end: int) -> None:
        current, self._current = self._current, {}
        if self._recording is not None:
            self._recording.begin(start)
        # What is meant for a board that waits for the gate goes to no other.
        exact, self._exact = (self._exact, []) if self._next is None else ([], self._exact)
        for key, value in current.items():
            self._schedule(start, start, key, value)
        for sample, key, value in self._inbox.due(start, end):
            self._schedule(sample, start, key, value)
        for sample, key, value in exact:
            self._schedule(max(sample, start), start, key, value)

    def _schedule(self, sample: int, start: int, key: Key, value: Value) -> None:
        board = self._board
        board.schedule(board.position + sample - start, board.slot_with_id(key[0]), key[1], value)
        self._sent[key] = value
        self._record(sample, key, value)

    def _record(self, sample: int, key: Key, value: Value) -> None:
        if self._recording is not None:
            self._recording.begin(sample)
            self._recording.add(sample, key, value)
