# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of effects that sounds like one: learned effects, pedalboard plugins and VST3s in any order."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.board.native import NativeRun, is_native, measure_latency, native_symbols, native_values, set_native
from ddsp_fx.board.plugin_list import PluginList
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects.offline import Audio, as_channels_first
from ddsp_fx.effects.parameters import Parameter, Value, unknown_parameter
from ddsp_fx.effects.smoothed import SmoothedEffect

if TYPE_CHECKING:
    from ddsp_fx.automation import Automation


class Board(SmoothedEffect, PluginList):
    """Use it as a list, call it as a pedalboard.

    Args:
        plugins: Effects, pedalboard plugins, or Boards. Changing the list takes effect at the next `prepare`, which
            every call with `reset=True` does by itself.
    """

    kind: ClassVar[str] = "board"

    mix = Parameter("Mix", 0, 1, 1, description="0 is the input, delayed to match; 1 the chain")
    bypass = Parameter("Bypass", default=False, scale="toggle", description="The input alone, delayed to match")

    def __init__(self, plugins: Iterable[Any] = (), **values: Value) -> None:
        self._plugins: list[Any] = []
        self._stages: list[Any] = []
        self._offsets: list[int] = []
        self._events: list[tuple[int, int, int | None, str, Value]] = []
        self._order = itertools.count()
        self._position = 0
        self._native_settings: list[Any] = []
        super().__init__(**values)
        self.extend(plugins)

    def _changed(self) -> None:
        self._max_block_size = 0

    # A slot of None is the board itself.

    def _at(self, slot: int | None) -> Any:
        return self if slot is None else self._plugins[slot]

    def set_slot_value(self, slot: int | None, symbol: str, value: Value) -> None:
        """Set a parameter of any plugin, checked; raises ParameterError or UnknownParameterError."""
        plugin = self._at(slot)
        if hasattr(plugin, "process_block"):
            plugin.set_value(symbol, value)
        else:
            set_native(plugin, symbol, value)

    def check_slot_symbol(self, slot: int | None, symbol: str) -> None:
        """Raises UnknownParameterError when that plugin has no such parameter."""
        plugin = self._at(slot)
        known = plugin.parameters if hasattr(plugin, "process_block") else native_symbols(plugin)
        if symbol not in known:
            raise unknown_parameter(self.name if slot is None else self.slot_names()[slot], symbol, known)

    def check_slot_value(self, slot: int | None, symbol: str, value: Value) -> None:
        """Raises ParameterError or UnknownParameterError when that plugin would refuse the value; nothing changes."""
        plugin = self._at(slot)
        self.check_slot_symbol(slot, symbol)
        if hasattr(plugin, "process_block"):
            plugin.parameters[symbol].check(value)
            return
        # pedalboard's own plugins tell their limits only by refusing.
        before = getattr(plugin, symbol)
        set_native(plugin, symbol, value)
        setattr(plugin, symbol, before)

    # An effect.

    @property
    def latency_samples(self) -> int:
        return sum(stage.latency_samples for stage in self._stages)

    @property
    def tail_samples(self) -> int:
        return sum(stage.tail_samples for stage in self._stages)

    def prepare(self, sample_rate: float, max_block_size: int = 8192, channels: int = 2) -> None:
        """As every effect; native plugins are measured again when one of their parameters has changed."""
        settings = [[native_values(p) if is_native(p) else None] for p in self._plugins]
        if settings != self._native_settings:
            self._native_settings = settings
            self._changed()
        super().prepare(sample_rate, max_block_size, channels)

    def _prepare(self) -> None:
        self._stages, self._offsets = [], []
        run: list[Any] = []
        latency = 0
        for plugin in self._plugins:
            own = measure_latency(plugin, self.sample_rate, self.channels) if is_native(plugin) else None
            if own != 0 and run:
                self._add_stage(NativeRun(run, 0))
                run = []
            self._offsets.append(latency)
            if own == 0:
                run.append(plugin)
            else:
                stage = plugin if own is None else NativeRun([plugin], own)
                self._add_stage(stage)
                latency += stage.latency_samples
        if run:
            self._add_stage(NativeRun(run, 0))
        self._dry = DelayLine(self.channels, self.latency_samples)

    def _add_stage(self, stage: Any) -> None:
        stage.prepare(self.sample_rate, self._max_block_size, self.channels)
        self._stages.append(stage)

    def _reset(self) -> None:
        super()._reset()
        self._events.clear()
        self._position = 0
        self._dry.reset()
        for stage in self._stages:
            stage.reset()

    @property
    def position(self) -> int:
        """Input samples since the last `reset`: what `schedule` counts."""
        return self._position

    def schedule(self, sample: int, slot: int | None, symbol: str, value: Value) -> None:
        """Set a parameter when the sound of input sample `sample` passes through that plugin.

        What is due in the past acts at once. Events are forgotten by `reset`.
        """
        plugin = self._at(slot)
        delay = plugin.automation_delay(symbol) if hasattr(plugin, "process_block") else 0
        offset = 0 if slot is None else self._offsets[slot]
        due = max(sample + offset + delay, self._position)
        heapq.heappush(self._events, (due, next(self._order), slot, symbol, value))

    def _process(self, block: Audio) -> Audio:
        if not self._events:
            return self._process_piece(block)
        out = np.empty_like(block)
        start = 0
        while start < block.shape[1]:
            self._apply_due()
            ahead = self._events[0][0] - self._position if self._events else block.shape[1]
            stop = min(block.shape[1], start + ahead)
            out[:, start:stop] = self._process_piece(block[:, start:stop])
            start = stop
        return out

    def _apply_due(self) -> None:
        while self._events and self._events[0][0] <= self._position:
            _, _, slot, symbol, value = heapq.heappop(self._events)
            self.set_slot_value(slot, symbol, value)

    def _process_piece(self, block: Audio) -> Audio:
        wet = block
        for stage in self._stages:
            wet = stage.process_block(np.ascontiguousarray(wet))
        self._position += block.shape[1]
        mix = self._ramp("mix", 0.0 if self.bypass else float(self.mix), block.shape[1])
        return np.asarray(self._dry.process(block) * (1.0 - mix) + wet * mix, np.float32)

    def render(
        self,
        audio: NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        tail: bool = True,
        automation: Automation | None = None,
    ) -> NDArray[np.float32]:
        """The whole of `audio` through the board, with the tail and, if given, automation at exact positions."""
        if automation is None:
            return super().render(audio, sample_rate, buffer_size, tail)
        shaped, restore = as_channels_first(audio)
        blocks = list(self.iter_render(shaped, sample_rate, buffer_size, tail, automation))
        return restore(np.concatenate([np.zeros((shaped.shape[0], 0), np.float32), *blocks], axis=1))

    def iter_render(
        self,
        audio: Audio,
        sample_rate: float,
        buffer_size: int = 8192,
        tail: bool = True,
        automation: Automation | None = None,
    ) -> Iterator[Audio]:
        """`render`, block by block. Automated parameters start at their curve's first value."""
        self.prepare(sample_rate, buffer_size, audio.shape[0])
        if automation is not None:
            automation.install(self, sample_rate, audio.shape[1])
        yield from self._iter_prepared(audio, buffer_size, tail)

    # JSON.

    def to_json(self) -> str:
        """The board as text that `from_json` restores; raises BoardError for an effect that has no name to load by."""
        from ddsp_fx.board.state import board_to_json

        return board_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Board:
        """Raises BoardError, or UnknownEffectError naming the bundle that is missing."""
        from ddsp_fx.board.state import board_from_json

        return board_from_json(text)
