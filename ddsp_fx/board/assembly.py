# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a board's plugins into the stages that process audio, first in `prepare` and again after each edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ddsp_fx.array_types import Audio
from ddsp_fx.board.containers import is_immediate, single_stage
from ddsp_fx.board.late_start import LateStart
from ddsp_fx.board.native import is_external, is_native
from ddsp_fx.board.native_stage import NativeRun, native_name
from ddsp_fx.effects.base import Effect, Layout
from ddsp_fx.errors import AudioError, DdspFxError


@dataclass(eq=False)
class Part:
    """A stage and the slots' plugins that it plays: one plugin, or several native ones without latency."""

    stage: Effect
    plugins: list[Any]
    _epoch: int = -1
    _start: LateStart = field(init=False)

    def __post_init__(self) -> None:
        self._start = LateStart(self.stage)

    def mark(self) -> None:
        """Record that nobody but the board has used the stage so far."""
        self._epoch = self.stage._usage.epoch

    def start_after(self, latency: int) -> None:
        """Let native plugins start after the latency before them. Learned effects process all input."""
        self._start.lead = latency if is_native(self.plugins[0]) else 0

    def enter(self) -> None:
        """Claim the stage for a block that does not go through `process_block`; ends with `stage._usage.leave`."""
        self.stage._usage.check_epoch(self._epoch, self.stage.name)
        self.stage._usage.enter(self.stage.name)

    def process_block(self, block: Audio) -> Audio:
        """Raises AudioError if another user has used the stage since `mark`."""
        self.stage._usage.check_epoch(self._epoch, self.stage.name)
        return self._start.process_block(block)

    def reset(self) -> None:
        """Clear all audio."""
        self.stage.reset()
        self._start.begin()
        self.mark()


@dataclass
class Assembly:
    """All parts in order, and for each slot the latency before it, in samples."""

    parts: list[Part] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    def part_of(self, plugin: Any) -> Part | None:
        """The part that contains this plugin."""
        return next((part for part in self.parts if any(own is plugin for own in part.plugins)), None)


class Assembler:
    """Builds an Assembly. Parts in `before` are reused with their audio; everything else is prepared.

    If `is_live`, a loaded plugin shares no stage, so that its errors do not affect its neighbours.
    """

    def __init__(self, layout: Layout, before: Assembly | None = None, is_live: bool = False) -> None:
        self._layout = layout
        self._before = before or Assembly()
        self._is_live = is_live

    def build(self, plugins: Sequence[Any]) -> Assembly:
        """Raises the errors of the plugins' `prepare`."""
        return self._placed(list(self._parts(plugins)))

    def _placed(self, parts: list[Part]) -> Assembly:
        offsets, latency = [], 0
        for part in parts:
            if part not in self._before.parts:
                part.mark()
            part.start_after(latency)
            offsets += [latency] * len(part.plugins)
            latency += part.stage.latency_samples
        return Assembly(parts, offsets)

    def _parts(self, plugins: Sequence[Any]) -> Iterator[Part]:
        run: list[Any] = []
        tail, last = 0, None
        for plugin in plugins:
            part = self._before.part_of(plugin) or self._prepared(plugin)
            if isinstance(part.stage, NativeRun) and not (self._is_live and is_external(plugin)):
                tail += part.stage.tail_samples if part is not last else 0
                run, last = [*run, plugin], part
                continue
            if run:
                yield self._run(run, tail)
                run, tail = [], 0
            yield part
        if run:
            yield self._run(run, tail)

    def _prepared(self, plugin: Any) -> Part:
        try:
            return self._new(plugin)
        except (ValueError, RuntimeError) as error:
            if isinstance(error, DdspFxError) or not is_native(plugin):
                raise
            rate, _, channels = self._layout
            reason = (str(error).splitlines() or [""])[0]
            told = f"{native_name(plugin)} cannot process {rate:g} Hz with {channels} channel(s): {reason}"
            raise AudioError(told) from None

    def _new(self, plugin: Any) -> Part:
        rate, _, channels = self._layout
        if not is_native(plugin):
            stage: Effect = plugin
        elif is_immediate(plugin, rate, channels):
            stage = NativeRun([plugin])
            # It is prepared together with its neighbours, whose gains shape its tail.
            if not self._before.parts and not (self._is_live and is_external(plugin)):
                return Part(stage, [plugin])
        else:
            stage = single_stage(plugin, rate, channels)
        stage.prepare(*self._layout)
        return Part(stage, [plugin])

    def _run(self, plugins: list[Any], tail: int) -> Part:
        stage = NativeRun(plugins)
        if self._before.parts:
            stage.adopt(*self._layout, tail)
        else:
            stage.prepare(*self._layout)
        return Part(stage, plugins)


class BranchAssembler(Assembler):
    """A part for each plugin, since all of them hear the same input."""

    def _placed(self, parts: list[Part]) -> Assembly:
        for part in parts:
            if part not in self._before.parts:
                part.mark()
            part.start_after(0)
        return Assembly(parts, [0] * len(parts))

    def _parts(self, plugins: Sequence[Any]) -> Iterator[Part]:
        for plugin in plugins:
            part = self._before.part_of(plugin) or self._prepared(plugin)
            if not part.stage.is_prepared:
                part.stage.prepare(*self._layout)
            yield part
