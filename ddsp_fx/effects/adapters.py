# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrappers that adapt an effect to any number of channels, any block size or any sample rate."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import ClassVar

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.delay import DelayLine, Fifo
from ddsp_fx.dsp.fixed_blocks import FixedBlocks
from ddsp_fx.dsp.resample import StreamingResampler
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.effects.wrapper import Wrapper


class MonoAdapter(Wrapper):
    """Runs a mono effect on the mean of the channels and copies its output to all channels."""

    kind: ClassVar[str] = "mono"

    def _prepare(self) -> None:
        self._prepare_inner(self.sample_rate, self._max_block_size, 1)

    def _process(self, block: Audio) -> Audio:
        out = self._through_inner(block.mean(axis=0, keepdims=True))
        return np.repeat(out, self.channels, axis=0)


class FixedBlock(Wrapper):
    """Feeds the inner effect blocks of exactly `block_size` samples, which adds `block_size` samples of latency.

    Args:
        inner: an effect whose `process_block` needs one block size, such as a windowed model.
        block_size: in samples.
    """

    kind: ClassVar[str] = "fixed_block"

    def __init__(self, inner: Effect, block_size: int, **values: Value) -> None:
        self._block_size = block_size
        super().__init__(inner, **values)

    def _arguments(self) -> tuple[str, ...]:
        return (repr(self._block_size),)

    @property
    def latency_samples(self) -> int:
        return self._inner.latency_samples + self._block_size

    def _prepare(self) -> None:
        self._prepare_inner(self.sample_rate, self._block_size, self.channels)
        self._blocks = FixedBlocks(self.channels, self._block_size, self._block_size)

    def _reset(self) -> None:
        super()._reset()
        self._blocks.reset()

    def _process(self, block: Audio) -> Audio:
        return self._blocks.process(block, self._through_inner)


class Resampled(Wrapper):
    """Runs the inner effect at its own rate. The latency is constant: the most that both resamplers can hold back.

    Args:
        inner: any effect.
        rate: the inner rate in Hz.
    """

    kind: ClassVar[str] = "resampled"

    def __init__(self, inner: Effect, rate: float, **values: Value) -> None:
        self._inner_rate = float(rate)
        self._latency = 0
        super().__init__(inner, **values)

    def _arguments(self) -> tuple[str, ...]:
        return (repr(self._inner_rate),)

    @property
    def latency_samples(self) -> int:
        return self._latency

    @property
    def tail_samples(self) -> int:
        # The resamplers' linear-phase filters ring for about as long as they hold samples back.
        ringing = self._latency - self._host_samples(self._inner.latency_samples)
        return self._host_samples(self._inner.tail_samples) + max(ringing, 0)

    @property
    def frame_delay_samples(self) -> int:
        return self._host_samples(self._down.delay + self._inner.frame_delay_samples) if self.is_prepared else 0

    def automation_delay(self, symbol: str) -> int:
        delay = super().automation_delay(symbol)
        return self._host_samples(self._down.delay + delay) if self.is_prepared else 0

    def _host_samples(self, inner_samples: int) -> int:
        return math.ceil(inner_samples * self.sample_rate / self._inner_rate) if self.sample_rate else 0

    def _prepare(self) -> None:
        rate, inner_rate = self.sample_rate, self._inner_rate
        self._down = StreamingResampler(rate, inner_rate, self.channels)
        self._up = StreamingResampler(inner_rate, rate, self.channels)
        largest = math.ceil(self._max_block_size * inner_rate / rate) + self._down.delay + 2
        self._prepare_inner(inner_rate, largest, self.channels)
        withheld = math.ceil(self._down.delay * rate / inner_rate) + self._up.delay
        # The inner latency is a whole number of inner samples, but can be fractional in host samples: the wet signal is
        # then early by less than one sample.
        self._pad = withheld + 2
        self._latency = self._pad + self._host_samples(self._inner.latency_samples)

        # What soxr holds back varies by tens of milliseconds. The inner effect always lags by the most of it, so that a
        # change of a parameter meets the same sample however the input is cut.
        self._ratio = Fraction(inner_rate) / Fraction(rate)
        self._waiting = Fifo(self.channels, 2 * largest)
        # A resampler may release everything it has held back in one call.
        self._ready = Fifo(self.channels, 2 * (self._pad + self._max_block_size))

    def _reset(self) -> None:
        super()._reset()
        self._down.reset()
        self._up.reset()
        self._waiting.clear()
        self._received = self._played = 0
        self._ready.clear()
        self._ready.write(np.zeros((self.channels, self._pad), np.float32))

    def _process(self, block: Audio) -> Audio:
        self._received += block.shape[1]
        self._waiting.write(self._down.process(block))
        due = math.ceil(self._received * self._ratio) - self._down.delay - self._played
        if due > 0:
            self._played += due
            self._ready.write(self._up.process(self._through_inner(self._waiting.read(due))))
        return self._ready.read(block.shape[1])


class DryWet(Wrapper):
    """Adds a `mix` to an effect that has none. The dry signal is delayed by the effect's latency, so nothing combs."""

    kind: ClassVar[str] = "dry_wet"

    mix = Parameter("Mix", 0, 1, 1, description="0 is the input, 1 the effect")

    def _prepare(self) -> None:
        self._prepare_inner(self.sample_rate, self._max_block_size, self.channels)
        self._dry = DelayLine(self.channels, self._inner.latency_samples)

    def _reset(self) -> None:
        super()._reset()
        self._dry.reset()

    def _process(self, block: Audio) -> Audio:
        mix = self._smooth("mix", block.shape[1])
        return np.asarray(self._dry.process(block) * (1.0 - mix) + self._through_inner(block) * mix, np.float32)
