# SPDX-License-Identifier: GPL-3.0-or-later
"""A room: convolution whose response can change while the old one rings out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.maker import maker

if TYPE_CHECKING:
    from ddsp_fx.dsp.convolution import PartitionedConvolver

# A change crossfades the input from the old response to the new in 20 ms; the old one keeps its tail.
FADE_S = 0.02
# Dragging the decay causes at most this many changes within one tail. Later ones wait, and only the latest is used.
MAX_RINGING = 3
Made = tuple[Audio, "PartitionedConvolver"]
NEVER = 1 << 30


class Room:
    """Wet signal only, without latency; `set_response` never clicks and never cuts a tail.

    Args:
        channels: of the audio.
        sample_rate: in Hz.
        response: (paths, taps) float32.

    Attributes:
        state: for compiled code.
    """

    def __init__(self, channels: int, sample_rate: float, response: Audio) -> None:
        from ddsp_fx.dsp.state import PIECE, new
        from ddsp_fx.effects._room_kernel import RoomNumbers, RoomState

        self.channels = channels
        self._response = response
        self._pending: Callable[[], Audio] | None = None
        tables, positions, taps = np.zeros((3, MAX_RINGING + 1), np.int64)
        send, part = np.zeros((2, channels, PIECE), np.float32)
        numbers = new(RoomNumbers, fade=max(int(FADE_S * sample_rate), 1))
        self.state = RoomState(numbers, tables, positions, taps, np.zeros(PIECE, np.float32), send, part)
        # By the addresses of their tables. Compiled code holds only those.
        self._convolvers: dict[int, PartitionedConvolver] = {}
        # What the maker has made for the next change, or why it could not; and whether it is at it.
        self._made: Made | Exception | None = None
        self._is_making = False
        self._sit(self._make(lambda: response))

    def _make(self, response: Callable[[], Audio]) -> Made:
        from ddsp_fx.dsp.convolution import PartitionedConvolver

        taps = response()
        return taps, PartitionedConvolver(taps, self.channels)

    def _sit(self, made: Made) -> None:
        """Make a response's convolver the current one."""
        response, convolver = made
        seated = {int(table) for table in self.state.tables[1 : self.state.numbers.ringing + 1]}
        self._convolvers = {table: convolver for table, convolver in self._convolvers.items() if table in seated}
        self._convolvers[convolver.table.address] = convolver
        self.state.tables[0], self.state.taps[0] = convolver.table.address, response.shape[1]
        self._response = response

    @property
    def tail_samples(self) -> int:
        """Length of the current response, or of the next one if a change is pending."""
        latest = self._response
        if self._pending is not None:
            latest = self._pending()
            self.set_response(lambda: latest)
        return int(max(latest.shape[1] - 1, 0))

    def set_response(self, response: Callable[[], Audio]) -> None:
        """Change the room from the next sample on.

        Args:
            response: called once, when the change begins. Making a response takes 10 ms; of several requested while
                others ring, as by a dragged knob, only the latest is made.
        """
        self._pending = response

    def reset(self, waits: bool = True) -> None:
        """Clear all audio; a pending response takes over at once, or when it is made if the reset may not wait."""
        self.state.numbers.ringing = 0
        if self._pending is not None and waits:
            pending, self._pending, self._made = self._pending, None, None
            self._sit(self._make(pending))
        self._convolvers[int(self.state.tables[0])].reset()

    def ready(self, waits: bool = True) -> int:
        """Call before a piece: begins a pending change if it can. Returns how long the piece may be, in samples.

        While a change waits, the piece ends exactly where it may begin. So it comes at the same sample whatever the
        host's block sizes.

        Args:
            waits: whether the response may be made now, which takes 10 ms or more. If not, the maker makes it, and the
                change begins with a later piece.
        """
        if self._pending is None and self._made is None:
            return NEVER
        left = self._samples_to_swap()
        if left:
            return left
        if waits and self._pending is not None:
            pending, self._pending, self._made = self._pending, None, None
            self._swap(self._make(pending))
        elif self._made is not None:
            made, self._made = self._made, None
            if isinstance(made, Exception):
                raise made
            self._swap(made)
        elif not self._is_making:
            self._is_making = True
            maker.make(self._make_pending)
        return NEVER

    def _make_pending(self) -> None:
        """In the maker's thread."""
        pending, self._pending = self._pending, None
        try:
            self._made = self._make(pending) if pending is not None else None
        except Exception as error:
            self._made = error
        self._is_making = False

    def process(self, block: Audio) -> Audio:
        """(channels, n) -> (channels, n) wet, for callers in Python."""
        from ddsp_fx.effects._room_kernel import in_room

        clean, out = np.ascontiguousarray(block, np.float32), np.empty(block.shape, np.float32)
        longest, start = self.state.ramp.size, 0
        while start < block.shape[1]:
            n = min(block.shape[1] - start, self.ready(), longest)
            piece = np.empty((self.channels, n), np.float32)
            in_room(self.state, clean, start, n, piece)
            out[:, start : start + n] = piece
            start += n
        return out

    def _samples_to_swap(self) -> int:
        state, ringing = self.state, int(self.state.numbers.ringing)
        if not ringing:
            return 0
        fade_left = int(state.numbers.fade) - int(state.positions[ringing])
        if fade_left > 0:
            return fade_left
        if ringing < MAX_RINGING:
            return 0
        return int(state.numbers.fade + (state.taps[1 : ringing + 1] - state.positions[1 : ringing + 1]).min())

    def _swap(self, made: Made) -> None:
        state, newest = self.state, int(self.state.numbers.ringing) + 1
        state.tables[newest], state.taps[newest], state.positions[newest] = state.tables[0], state.taps[0], 0
        state.numbers.ringing = newest
        self._sit(made)
