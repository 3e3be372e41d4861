# SPDX-License-Identifier: GPL-3.0-or-later
"""`Mix` and `Chain` as pedalboard has them, for learned effects too."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.board.assembly import Assembly, BranchAssembler, Part
from ddsp_fx.board.board import Board
from ddsp_fx.board.faults import Guard
from ddsp_fx.dsp.delay import DelayLine


class Chain(Board):
    """Effects one after another, as a branch of a `Mix` or a slot of a `Board`: a Board by pedalboard's name for it."""

    kind: ClassVar[str] = "chain"


class Mix(Board):
    """The sum of branches that hear the same input, each delayed to the slowest; the sum of none is silence.

    It is a list as a Board is, and its branches are slots: `mix.violin` for automation and OSC, where it is in the slot
    `mix` of a board. An empty `Chain` is a branch that plays the input as it is. The parameter `mix` blends the input
    with the sum. In a live board a branch that raises is silent until the next reset.

    Args:
        plugins: the branches: Effects, pedalboard plugins, Chains, Boards or Mixes, each instance once.
    """

    kind: ClassVar[str] = "mix"
    _assembler = BranchAssembler
    _delays: list[tuple[Part, DelayLine]]

    @property
    def latency_samples(self) -> int:
        return max((part.stage.latency_samples for part in self._assembly.parts), default=0)

    @property
    def tail_samples(self) -> int:
        return max((part.stage.tail_samples for part in self._assembly.parts), default=0)

    def _assemble(self, assembly: Assembly) -> None:
        super()._assemble(assembly)
        slowest = self.latency_samples
        # A branch that stays in the list keeps the sound that is on its way.
        before = {id(part): line for part, line in getattr(self, "_delays", [])}
        self._delays = []
        for part in assembly.parts:
            samples = slowest - part.stage.latency_samples
            line = before.get(id(part))
            self._delays.append((part, DelayLine(self.channels, samples) if line is None else line.resized(samples)))

    def _reset(self) -> None:
        super()._reset()
        for _, line in self._delays:
            line.reset()

    def _through(self, block: Audio) -> Audio:
        out = np.zeros_like(block)
        for index, (player, (_, line)) in enumerate(zip(self._players, self._delays, strict=True)):
            branch = self._played(player, index, block)
            if isinstance(player, Guard) and player.is_bypassed:
                branch = np.zeros_like(block)
            out += line.process(branch)
        return out


# A ddsp-fx that knows no branches refuses these: it would play a Mix's one after another.
Board._saved_as |= {"ddsp-fx chain": Chain, "ddsp-fx mix": Mix}
