# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage: the compiled code of an effect, and the state that it works on. docs/stages.md shows how to write one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numba import config, types
from numba.core.ccallback import CFunc

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp import _chain_kernel as chain
from ddsp_fx.dsp._jit import KernelCache, compiled, loaded, signature_of
from ddsp_fx.dsp._view import Table, audio, viewer
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.errors import AudioError

Process = Callable[[Any, Audio, Audio], int]
# int (state, input, input channels, output, output channels, samples)
_ENTRY = types.int64(*[types.int64] * 6)


class StageCode:
    """A `Process`, compiled for other compiled code.

    It is compiled, or read from the cache, when `address` is first asked for.
    """

    def __init__(self, function: Process, fastmath: bool | set[str]) -> None:
        self.function = function
        self._compiled = compiled(signature_of(function), fastmath, inline=True)(function)

    @cached_property
    def address(self) -> int:
        """The address of the machine code that takes a state's table by its address."""
        return 0 if config.DISABLE_JIT else self._entry()

    def _entry(self) -> int:
        """Compile the form that other compiled code calls."""
        run, view = self._compiled, viewer(signature_of(self.function).args[0])

        def entry(  # noqa: PLR0913, PLR0917
            at: int, source: int, channels: int, target: int, out_channels: int, samples: int
        ) -> int:
            return int(run(view(at), audio(source, channels, samples), audio(target, out_channels, samples)))

        entry.__module__, entry.__qualname__ = self.function.__module__, f"{self.function.__qualname__}_entry"
        made: Any = CFunc(entry, (_ENTRY.args, _ENTRY.return_type), {}, {"nogil": True})
        with suppress(RuntimeError):
            made._cache = KernelCache(self.function, "entry-")
        made.compile()
        self._kept = made
        return int(made.address)


def stage(fastmath: bool | set[str] = False) -> Callable[[Process], StageCode]:
    """Decorator: compile a function (state, block, out) -> status as a stage.

    Args:
        fastmath: numba's flags, for the function's own loops.

    The function reads `block` (channels, n), any n, writes all of `out`, which has as many samples, and returns 0, or a
    number from 1 to 255 if it failed. Its first annotation names the state's class. It must not raise or allocate.
    """
    return lambda function: StageCode(function, fastmath)


class Stage:
    """A stage's code with one state, ready to run.

    Args:
        code: from the decorator.
        state: of the class that the code names. The stage keeps it alive.
    """

    def __init__(self, code: StageCode, state: Any) -> None:
        self.code, self.state = code, state
        self.table = Table(state)


class Status(NamedTuple):
    """What happened in a call of a chain.

    Args:
        code: of the stage that failed, 0 if none did.
        stage: the index of that stage.
        bad_input: the block was not finite, and nothing ran.
        bad_outputs: the stages whose output was not finite, which then became silence.
    """

    code: int
    stage: int
    bad_input: bool
    bad_outputs: list[int]


class Chain:
    """Stages that run in one call.

    Args:
        stages: at most 16.
        pasts: for each stage a delay line that is to get the stage's input, or None.
    """

    def __init__(self, stages: Sequence[Stage], pasts: Sequence[DelayLine | None] = ()) -> None:
        if len(stages) > chain.MOST_STAGES:
            raise AudioError(f"Chain: got {len(stages)} stages, expected at most {chain.MOST_STAGES}")
        self._stages = list(stages)
        self._pasts = [*pasts] or [None] * len(stages)
        self._tables = [None if past is None else Table(past.state) for past in self._pasts]
        rows = [
            [stage.code.address, stage.table.address, 0 if past is None else past.address]
            for stage, past in zip(self._stages, self._tables, strict=True)
        ]
        self._table = np.array(rows, np.int64).reshape(-1, 3)
        self._run_chain, self._run_one = loaded(chain.run_chain), loaded(chain.run_one)
        self._only = (rows[0][0], rows[0][1]) if len(rows) == 1 and not rows[0][2] else None

    def run(self, block: Audio, out: Audio, spare: Audio) -> Status | None:
        """(channels, n) contiguous -> `out`, by way of `spare`; None if all is well."""
        if config.DISABLE_JIT:
            status = self._in_python(block, out, spare)
        elif self._only is not None:
            status = self._run_one(*self._only, block, out)
        else:
            status = self._run_chain(self._table, block, out, spare)
        return self._status(int(status)) if status else None

    def _status(self, status: int) -> Status:
        bad = [k for k in range(len(self._stages)) if status & chain.BAD_OUTPUT << k]
        return Status(status % chain.BAD_INPUT, status // chain.INDEX, bool(status & chain.BAD_INPUT), bad)

    def input_of(self, index: int, block: Audio, out: Audio, spare: Audio) -> Audio:
        """After a call in which that stage failed: where its input is."""
        return block if index == 0 else out if (len(self._stages) - index) % 2 == 0 else spare

    def _in_python(self, block: Audio, out: Audio, spare: Audio) -> int:
        """For stepping through with NUMBA_DISABLE_JIT=1."""
        if not np.isfinite(block).all():
            return chain.BAD_INPUT
        found, count = 0, len(self._stages)
        for index, (stage, past) in enumerate(zip(self._stages, self._pasts, strict=True)):
            target = out if (count - index) % 2 else spare
            if status := stage.code.function(stage.state, block, target):
                return found + chain.STATUS * status + chain.INDEX * index
            found |= chain.BAD_OUTPUT << index if chain.silence_bad_samples(target) else 0
            if past is not None:
                past.push(block)
            block = target
        return found
