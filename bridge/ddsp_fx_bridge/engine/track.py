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
from ddsp_fx.effects.maker import maker
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.changes import PERIOD_S, Gate, Inbox
from ddsp_fx_bridge.engine.clock import ClockMap
from ddsp_fx_bridge.engine.controls import Control, Key, board_controls
from ddsp_fx_bridge.engine.fade import Fade
from ddsp_fx_bridge.engine.layout import Layout
from ddsp_fx_bridge.engine.meters import Meter, Scope
from ddsp_fx_bridge.engine.recorder import Recorder, board_with_values

# Unique for every board that ever ran, because a track's number is reused when a plugin disconnects.
_generations = itertools.count()


class Track:
    """Runs a board. Audio goes through `process`, called by any door: a device, a clock, a file, a plugin in a DAW.

    Two sides share it. The control side (all other methods, one thread at a time) checks and posts changes. The audio
    side (`process`, or `collect` and `run`) takes them at the start of a block and never waits.

    Args:
        number: from 1; identifies it outside.
        board: not yet prepared.
        layout: of its audio.
        gate: shared by all tracks that must change together with this one.

    Attributes:
        link_latency_samples: of the way to a plugin in a DAW and back, which that plugin adds to the board's; else 0.

    Raises errors of `Board.prepare`.
    """

    def __init__(self, number: int, board: Board, layout: Layout, gate: Gate | None = None) -> None:
        self.number, self.layout = number, layout
        self.sample_rate = sample_rate = layout.sample_rate
        self.gate = gate or Gate()
        self.clock = ClockMap(sample_rate)
        self.meter_in, self.meter_out = Meter(sample_rate), Meter(sample_rate)
        self.scope_in, self.scope_out = Scope(), Scope()
        self.position = self.link_latency_samples = 0
        self.generation = next(_generations)
        self.recorder: Recorder | None = None
        self._inbox = Inbox()
        self._current: Mapping[Key, Value] = {}
        # The last values sent to the board, some of which may not have taken effect yet because of its latency.
        self._sent: dict[Key, Value] = {}
        self._exact: list[tuple[int, Key, Value]] = []
        self._recording: Recorder | None = None
        self._since = self._period = round(PERIOD_S * sample_rate)
        self._next: Board | None = None
        self._fade = Fade(sample_rate)
        self.is_rendering = False  # A host renders: the same changes must give the same samples, and may take time.
        self.faults: dict[str, str] = {}
        self._failed, self._is_failing, self._wants_reset = deque[Exception](maxlen=16), False, False
        self._describe(self.prepare(board))
        self._board, self._known = self.board, self.controls

    def _describe(self, board: Board) -> None:
        self.board = board
        self.controls: Mapping[Key, Control] = {control.key: control for control in board_controls(board)}
        self.values: dict[Key, Value] = {key: control.initial for key, control in self.controls.items()}

    @property
    def latency_samples(self) -> int:
        """Samples by which the output lags the input."""
        return self.board.latency_samples

    def check(self, key: Key, value: Value) -> Value:
        """The value as it will be stored; raises ParameterError, or EngineError if there is no such control."""
        if key not in self.controls:
            raise EngineError(f"track {self.number} has no parameter {key[1]!r} in slot {key[0] or 'board'!r}")
        return self.controls[key].check(value)

    def post(self, key: Key, value: Value, sample: int | None = None) -> None:
        """Send a checked value to the audio thread, untimed or for a sample of this track's count. Hold the gate."""
        self._inbox.post(key, value, sample)

    def prepare(self, board: Board) -> Board:
        """Prepare a board to replace the current one, which may take seconds; raises errors of `Board.prepare`."""
        # In live mode a slot that raises is bypassed with its latency, and the rest of the board continues.
        board.live = True
        maker.start()
        board.prepare(self.sample_rate, self.layout.max_block_size, self.layout.channels)
        return board

    def replace_board(self, prepared: Board) -> None:
        """Replace the board by one from `prepare` at the next block, with a crossfade of 20 ms.

        Discards timed changes. A take of the old board ends; raises EngineError if it cannot be written.
        """
        self.stop_recording()
        self.faults = {}
        with self.gate.lock:
            self._inbox.clear()
            self._next = prepared
            self.generation = next(_generations)
            self._describe(prepared)

    def try_again(self) -> None:
        """Reset the board at the next block, which ends all bypasses."""
        self.faults = {}
        self._wants_reset = True

    def take_failures(self) -> list[tuple[str, str]]:
        """(slot, reason) of failures since the last call; "" is the board as a whole. `faults` keeps them."""
        found = [(failure.slot, failure.reason) for failure in self.board.take_failures()]
        while self._failed:
            found.append(("", reason_of(self._failed.popleft())))
        self.faults = {**self.faults, **dict(found)}
        return found

    def board_json(self) -> str:
        """The board with the requested values; raises BoardError if an effect has no name to load it by."""
        return board_with_values(self.board.to_json(), self.values)

    def start_recording(self, recorder: Recorder) -> None:
        """Record every change from the next block on; raises EngineError while a recording runs."""
        if self.recorder is not None:
            raise EngineError(f"track {self.number} is recording {self.recorder.path.name} already; stop that first")
        with self.gate.lock:
            self.recorder = recorder

    def stop_recording(self) -> Recorder | None:
        """The finished recorder, or None without one; raises EngineError if the take cannot be written."""
        with self.gate.lock:
            recorder, self.recorder = self.recorder, None
        if recorder is not None:
            recorder.finish()
        return recorder

    def process(self, block: Audio, position: int | None = None) -> Audio:
        """Process one block (channels, n), n <= max_block_size -> the same shape, `latency_samples` late.

        Args:
            block: float32.
            position: of its first sample on the source's own count; None continues from the last block.
        """
        if (self._since >= self._period or self._next is not None) and self.gate.enter():
            try:
                self._since = 0 if self.collect() else self._since
            finally:
                self.gate.leave()
        self._since += block.shape[1]
        return self.run(block, position)

    def set_at(self, sample: int, key: Key, value: Value) -> None:
        """Call before `process` of the block with `sample`, on this track's count: sets a checked value exactly there.

        For a door whose audio and automation arrive together; `post` is for callers that do not know sample positions.
        """
        self._exact.append((sample, key, value))

    def restart(self, first: Sequence[tuple[Key, Value]] = ()) -> None:
        """Clear all audio. Values set so far, and `first`, apply from the next sample on, without a ramp.

        Called at a host's activation, between streams, so it may wait for a thread that is posting.
        """
        with self.gate.lock:
            self.collect()
        self._fade.end()
        now = [(key, value) for key, value in [*self._current.items(), *first] if key in self._known]
        for key, value in [*self._sent.items(), *now]:
            self._board.set_slot_value(self._board.slot_with_id(key[0]), key[1], value)
        for key, value in now:
            self._record(self.position, key, value)
        self._sent.clear()
        self._current = {}
        self._reset_board()

    def _reset_board(self) -> None:
        self._is_failing, self._wants_reset, self.faults = False, False, {}
        self._board.wait_for_responses(self.is_rendering)
        self._board.reset()

    def collect(self) -> bool:
        """Take posted changes under the gate, for `run` to apply; True if any is untimed."""
        if self._next is not None:
            self._fade.begin(self._board)
            self._board, self._next, self._known = self._next, None, self.controls
            self._sent.clear()
        self._current = self._inbox.collect()
        self._recording = self.recorder
        return bool(self._current)

    def run(self, block: Audio, position: int | None = None) -> Audio:
        """The second half of `process`."""
        start = self.position if position is None else position
        self._apply(start, start + block.shape[1])
        # A device may send anything. The board also replaces NaN by silence, and warns.
        shown, _ = replace_non_finite(block)
        self.meter_in.push(shown)
        self.scope_in.push(shown)
        out = self._processed(block)
        self.meter_out.push(out)
        self.scope_out.push(out)
        self.position = start + block.shape[1]
        return out

    def _processed(self, block: Audio) -> Audio:
        """The board handles slots that raise; no other exception may reach a device, a clock or a plugin."""
        try:
            self._board.wait_for_responses(self.is_rendering)
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
        # Values for a board that waits for the gate must not reach another board.
        exact, self._exact = (self._exact, []) if self._next is None else ([], self._exact)
        for key, value in current.items():
            self._schedule(start, start, key, value)
        for sample, key, value in self._inbox.due(start, end):
            self._schedule(sample, start, key, value)
        for sample, key, value in exact:
            self._schedule(max(sample, start), start, key, value)

    def _schedule(self, sample: int, start: int, key: Key, value: Value) -> None:
        # An audio source may send a value just when another board takes over, which has no such parameter.
        if key not in self._known:
            return
        board = self._board
        board.schedule(board.position + sample - start, board.slot_with_id(key[0]), key[1], value)
        self._sent[key] = value
        self._record(sample, key, value)

    def _record(self, sample: int, key: Key, value: Value) -> None:
        if self._recording is not None:
            self._recording.begin(sample)
            self._recording.add(sample, key, value)
