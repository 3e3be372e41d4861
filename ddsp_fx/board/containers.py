# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs pedalboard's Chain and Mix part by part: each plugin inside is a separate slot, and branches are aligned.

When pedalboard 0.9.26 streams a Mix, it drops the audio that faster branches have left over after each block, so the
branches drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.board.late_start import LateStart
from ddsp_fx.board.native import fixed_symbols, is_container, is_external, leaves
from ddsp_fx.board.native_stage import LatentNative, NativeRun, measure_latency
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects.base import Effect


def is_immediate(plugin: Any, sample_rate: float, channels: int) -> bool:
    """Whether a native plugin holds nothing back, so that it can share a pedalboard call with its neighbours."""
    inside = list(leaves(plugin))
    if is_container(plugin) and any(is_external(leaf) for leaf in inside):
        return False
    # A converter to half the rate holds nothing back in blocks of 512, and one sample in odd blocks.
    if any(fixed_symbols(leaf) for leaf in inside):
        return False
    return not any(measure_latency(leaf, sample_rate, channels) for leaf in inside)


def single_stage(plugin: Any, sample_rate: float, channels: int) -> Effect:
    """The stage of one native plugin that holds audio back."""
    if not is_container(plugin):
        return LatentNative(plugin)
    import pedalboard

    if isinstance(plugin, pedalboard.Mix):
        return Parallel([Series(native_stages([branch], sample_rate, channels)) for branch in plugin])
    return Series(native_stages(plugin, sample_rate, channels))


def native_stages(plugins: Iterable[Any], sample_rate: float, channels: int) -> list[Effect]:
    """Stages in order; neighbours without latency share one."""
    stages: list[Effect] = []
    run: list[Any] = []
    for plugin in plugins:
        if plugin is None:
            continue
        if is_immediate(plugin, sample_rate, channels):
            run.append(plugin)
            continue
        if run:
            stages.append(NativeRun(run))
            run = []
        stages.append(single_stage(plugin, sample_rate, channels))
    return [*stages, NativeRun(run)] if run else stages


class Series(Effect):
    """Runs stages one after another."""

    kind: ClassVar[str] = "series"

    def __init__(self, stages: Sequence[Effect]) -> None:
        super().__init__()
        self._stages = list(stages)
        self._starts = [LateStart(stage) for stage in stages]
        self._name = " | ".join(stage.name for stage in stages) or "nothing"

    @property
    def latency_samples(self) -> int:
        return sum(stage.latency_samples for stage in self._stages)

    @property
    def tail_samples(self) -> int:
        return sum(stage.tail_samples for stage in self._stages)

    def _prepare(self) -> None:
        latency = 0
        for start in self._starts:
            start.stage.prepare(*self.layout)
            start.lead = latency
            latency += start.stage.latency_samples

    def _reset(self) -> None:
        for start in self._starts:
            start.stage.reset()
            start.begin()

    def _process(self, block: Audio) -> Audio:
        for start in self._starts:
            block = start.process_block(block)
        return block


class Parallel(Effect):
    """The sum of branches with the same input, each delayed to match the slowest."""

    kind: ClassVar[str] = "parallel"

    def __init__(self, branches: Sequence[Effect]) -> None:
        super().__init__()
        self._branches = list(branches)
        self._delays: list[DelayLine] = []
        self._name = " + ".join(branch.name for branch in branches)

    @property
    def latency_samples(self) -> int:
        return max((branch.latency_samples for branch in self._branches), default=0)

    @property
    def tail_samples(self) -> int:
        return max((branch.tail_samples for branch in self._branches), default=0)

    def _prepare(self) -> None:
        for branch in self._branches:
            branch.prepare(*self.layout)
        slowest = self.latency_samples
        self._delays = [DelayLine(self.channels, slowest - branch.latency_samples) for branch in self._branches]

    def _reset(self) -> None:
        for branch, delay in zip(self._branches, self._delays, strict=True):
            branch.reset()
            delay.reset()

    def _process(self, block: Audio) -> Audio:
        out = np.zeros_like(block)
        for branch, delay in zip(self._branches, self._delays, strict=True):
            out += delay.process(branch.process_block(block))
        return out
