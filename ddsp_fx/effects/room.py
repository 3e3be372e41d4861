# SPDX-License-Identifier: GPL-3.0-or-later
"""A room: convolution whose response can change while the old one rings out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.array_types import Audio

if TYPE_CHECKING:
    from ddsp_fx.dsp.convolution import PartitionedConvolver


# A change crossfades the input from the old response to the new in 20 ms; the old one keeps its tail.
FADE_S = 0.02
# Dragging the decay causes at most this many changes within one tail. Later ones wait, and only the latest is used.
MAX_RINGING = 3


class Room:
    """Wet signal only, without latency; `set_response` never clicks and never cuts a tail.

    Args:
        channels: of the audio.
        sample_rate: in Hz.
        response: (paths, taps) float32.
    """

    def __init__(self, channels: int, sample_rate: float, response: Audio) -> None:
        self.channels = channels
        self._fade = max(int(FADE_S * sample_rate), 1)
        self._response = response
        self._pending: Callable[[], Audio] | None = None
        self._current = self._convolver(response)
        self._ringing: list[_Ringing] = []

    def _convolver(self, response: Audio) -> PartitionedConvolver:
        from ddsp_fx.dsp.convolution import PartitionedConvolver

        return PartitionedConvolver(response, self.channels)

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

    def reset(self) -> None:
        """Clear all audio; a pending response takes over at once."""
        if self._pending is not None:
            self._take_over(self._pending)
        self._current.reset()
        self._ringing.clear()

    def process(self, block: Audio) -> Audio:
        """(channels, n) -> (channels, n) wet."""
        if self._pending is None and not self._ringing:
            return self._current.process(block)
        out = np.zeros_like(block)
        start = 0
        while start < block.shape[1]:
            self._swap_if_possible()
            stop = min(block.shape[1], start + self._samples_to_next_swap())
            out[:, start:stop] = self._process(block[:, start:stop])
            start = stop
        return out

    def _samples_to_next_swap(self) -> int:
        # While a change waits, the piece ends exactly where the first ringing room falls silent. The change then comes
        # at the same sample whatever the host's block sizes.
        if self._pending is None or not self._ringing:
            return 1 << 30
        fade_left = max(self._fade - ringing.position for ringing in self._ringing)
        return max(1, fade_left if fade_left > 0 else min(r.samples_left(self._fade) for r in self._ringing))

    def _swap_if_possible(self) -> None:
        fading = any(ringing.position < self._fade for ringing in self._ringing)
        if self._pending is None or fading or len(self._ringing) >= MAX_RINGING:
            return
        self._ringing.append(_Ringing(self._current, self._response.shape[1]))
        self._take_over(self._pending)

    def _take_over(self, pending: Callable[[], Audio]) -> None:
        self._response, self._pending = pending(), None
        self._current = self._convolver(self._response)

    def _process(self, block: Audio) -> Audio:
        if not self._ringing:
            return self._current.process(block)
        newest = self._ringing[-1]
        ramp = np.clip((newest.position + np.arange(1, block.shape[1] + 1)) / self._fade, 0.0, 1.0).astype(np.float32)
        out = self._current.process(block * ramp)
        for ringing in self._ringing:
            send = block * (1.0 - ramp) if ringing is newest else np.zeros_like(block)
            out = out + ringing.convolver.process(send)
            ringing.position += block.shape[1]
        self._ringing = [r for r in self._ringing if r.samples_left(self._fade) > 0]
        return out


class _Ringing:
    """A replaced room: fed a fading input, then zeros, until its tail has ended."""

    def __init__(self, convolver: PartitionedConvolver, taps: int) -> None:
        self.convolver, self.position, self._taps = convolver, 0, taps

    def samples_left(self, fade: int) -> int:
        return fade + self._taps - self.position
