# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages for native plugins, with the interface of an Effect: several plugins without latency, or one with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.board.native import fixed_symbols
from ddsp_fx.board.native_use import NativeUse
from ddsp_fx.dsp.fixed_blocks import FixedBlocks
from ddsp_fx.effects.base import Effect
from ddsp_fx.errors import AudioError

# A plugin with latency buffers in internal blocks; unless all blocks have one size, its output depends on their sizes.
LATENT_BLOCK = 512
LONGEST_BLOCK = 8192
# Measured start-ups: MP3Compressor holds back 3481 samples, a limiter up to 100 ms; a loaded plugin may need more.
PROBE_S = 4.0
TAIL_CAP_S = 30.0
SILENCE = 10.0 ** (-100.0 / 20.0)


class NativeRun(Effect):
    """Consecutive native plugins without latency, in one pedalboard call.

    After a reset, each starts where a whole call by pedalboard starts: a Chorus and a Phaser at phase 0.

    Args:
        plugins: pedalboard plugins without latency.
    """

    kind: ClassVar[str] = "native"

    def __init__(self, plugins: Sequence[Any]) -> None:
        super().__init__()
        import pedalboard

        self._plugins = list(plugins)
        # pedalboard takes the channel axis of a 2 x 1 block from the first plugin; Bitcrush does not know it, a Chain
        # does.
        self._first: Any = pedalboard.Chain([])
        self._board: Any = pedalboard.Pedalboard([self._first, *plugins])
        self._stopper: Any = pedalboard.Resample(quality=pedalboard.Resample.Quality.Linear)
        self._preparing_board: Any = pedalboard.Pedalboard([self._first, self._stopper, *plugins])
        self._tail = 0
        self._name = " | ".join(native_name(plugin) for plugin in plugins)
        self._use = NativeUse(plugins, self._name)

    @property
    def tail_samples(self) -> int:
        return self._tail

    def _prepare(self) -> None:
        self._reset()
        self._tail = measure_tail(self._run, self.channels, self.sample_rate, LONGEST_BLOCK)

    def adopt(self, sample_rate: float, max_block_size: int, channels: int, tail: int) -> None:
        """Become prepared without touching the plugins, whose audio continues; `tail` is in samples."""
        self._sample_rate, self._max_block_size, self._channels = sample_rate, max_block_size, channels
        self._tail = tail
        self._use.take()
        self._first.process(np.zeros((channels, LONGEST_BLOCK), np.float32), sample_rate, reset=False)

    def _run(self, block: Audio) -> Audio:
        out: Audio = self._board.process(block, self.sample_rate, buffer_size=LONGEST_BLOCK, reset=False)
        if out.shape != block.shape:
            raise _moved(self._name, block.shape[1] - out.shape[1])
        return out

    def _reset(self) -> None:
        """Clear all audio, ready for blocks up to LONGEST_BLOCK: a block longer than all before wipes a plugin's state.

        pedalboard prepares all plugins of a call before the first one gets audio. So behind a plugin that holds back
        all audio, the others become ready without having heard anything.
        """
        self._use.take()
        for plugin in self._plugins:
            plugin.reset()
        # A linear converter begins with one sample of the lower rate: it holds back over 10,000 of ours, and takes 9
        # us.
        self._stopper.target_sample_rate = self.sample_rate / 10000.0
        self._stopper.reset()
        silence = np.zeros((self.channels, LONGEST_BLOCK), np.float32)
        self._preparing_board.process(silence, self.sample_rate, buffer_size=LONGEST_BLOCK, reset=False)

    def _process(self, block: Audio) -> Audio:
        self._use.check()
        if block.shape[1] <= LONGEST_BLOCK:
            return self._run(block)
        starts = range(0, block.shape[1], LONGEST_BLOCK)
        pieces = [self._run(np.ascontiguousarray(block[:, s : s + LONGEST_BLOCK])) for s in starts]
        return np.concatenate(pieces, axis=1)


class LatentNative(Effect):
    """A native plugin that holds audio back, fed blocks of exactly LATENT_BLOCK, which adds that much latency.

    Args:
        plugin: pedalboard's own, or loaded by it.
    """

    kind: ClassVar[str] = "native"

    def __init__(self, plugin: Any) -> None:
        super().__init__()
        self._plugin = plugin
        self._latency = self._tail = 0
        self._name = native_name(plugin)
        self._use = NativeUse([plugin], self._name)

    @property
    def latency_samples(self) -> int:
        return self._latency

    @property
    def tail_samples(self) -> int:
        return self._tail

    def _prepare(self) -> None:
        self._fixed = {symbol: getattr(self._plugin, symbol) for symbol in fixed_symbols(self._plugin)}
        withheld = measure_latency(self._plugin, self.sample_rate, self.channels)
        self._latency = withheld + LATENT_BLOCK
        self._blocks = FixedBlocks(self.channels, LATENT_BLOCK, self._latency)
        tail = measure_tail(self._run, self.channels, self.sample_rate, LATENT_BLOCK)
        self._tail = max(tail - withheld, 0)

    def _run(self, block: Audio) -> Audio:
        for symbol, value in self._fixed.items():
            if getattr(self._plugin, symbol) != value:
                raise AudioError(
                    f"{self._name}.{symbol} was changed while audio ran, which restarts the plugin or changes its "
                    f"latency; set it before the stream, then call prepare(), or call with reset=True"
                )
        out: Audio = self._plugin.process(block, self.sample_rate, buffer_size=LATENT_BLOCK, reset=False)
        return out

    def _reset(self) -> None:
        self._use.take()
        self._plugin.reset()
        self._blocks.reset()

    def _process(self, block: Audio) -> Audio:
        self._use.check()
        out = self._blocks.process(block, self._run)
        if out.shape != block.shape:
            raise _moved(self._name, block.shape[1] - out.shape[1])
        return out


def native_name(plugin: Any) -> str:
    """The name of a native plugin for people: a loaded one's own name, else its class."""
    return str(getattr(plugin, "name", None) or type(plugin).__name__)


def _moved(name: str, samples: int) -> AudioError:
    return AudioError(
        f"{name}: its latency grew by {samples} samples while audio ran, as some parameters do; set them before the "
        f"stream, then call prepare(), or call with reset=True"
    )


def measure_latency(plugin: Any, sample_rate: float, channels: int) -> int:
    """The most samples that pedalboard holds back when it streams this plugin in blocks of LATENT_BLOCK."""
    silence = np.zeros((channels, LATENT_BLOCK), np.float32)
    plugin.reset()
    pushed = returned = steady = most = 0
    # Eight full blocks in a row mean that the start-up is over. A plugin that holds samples back is observed for a
    # second.
    while (steady < 8 or (most and pushed < sample_rate)) and pushed < PROBE_S * sample_rate:
        out = plugin.process(silence, sample_rate, buffer_size=LATENT_BLOCK, reset=False)
        pushed, returned = pushed + LATENT_BLOCK, returned + out.shape[1]
        steady = steady + 1 if out.shape[1] >= LATENT_BLOCK - 1 else 0
        most = max(most, pushed - returned)
    plugin.reset()
    return most + _stray(sample_rate, getattr(plugin, "target_sample_rate", sample_rate))


def _stray(sample_rate: float, target_rate: float) -> int:
    """The number of samples that a rate converter may hold back beyond its first second's maximum.

    Now and then it returns 511 or 513 samples. Over 5 minutes the sum deviated by 2 at a ratio of 10, by 12 at 100, by
    48 at 124: by less than one sample of the lower rate. If one rate is a multiple of the other, it does not deviate.
    """
    ratio = max(sample_rate, target_rate) / min(sample_rate, target_rate)
    return 0 if ratio == round(ratio) else math.ceil(ratio) + 1


def measure_tail(run: Callable[[Audio], Audio], channels: int, sample_rate: float, size: int) -> int:
    """Samples until a noise burst has fallen below -100 dBFS; 0 if it never does, because a generator has no tail."""
    burst = np.random.default_rng(0).uniform(-0.5, 0.5, (channels, size)).astype(np.float32)
    for _ in range(max(1, int(0.1 * sample_rate / size))):
        run(burst)
    silence = np.zeros((channels, size), np.float32)
    last, position, cap = 0, 0, int(TAIL_CAP_S * sample_rate)
    while position < cap and position - last < sample_rate:
        loud = np.flatnonzero(np.abs(run(silence)).max(axis=0, initial=0.0) > SILENCE)
        last = position + int(loud[-1]) + 1 if loud.size else last
        position += size
    return last if position < cap else 0
