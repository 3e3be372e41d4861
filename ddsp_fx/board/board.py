# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of effects that is itself an effect: learned effects, pedalboard plugins and VST3s in any order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio
from ddsp_fx.board.assembly import Assembler, Assembly, Part
from ddsp_fx.board.copies import Copies
from ddsp_fx.board.events import DueEvents
from ddsp_fx.board.faults import Guard, slot_error
from ddsp_fx.board.live import Live
from ddsp_fx.board.member import member
from ddsp_fx.board.moves import Moves
from ddsp_fx.board.native import is_native, leaves, native_values
from ddsp_fx.board.runs import Runs
from ddsp_fx.board.slot_naming import SlotNames
from ddsp_fx.board.state import FORMAT, board_from_json, board_to_json
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.offline import as_channels_first
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.effects.smoothed import SmoothedEffect
from ddsp_fx.errors import AudioError


class Board(Copies, SmoothedEffect):
    """A chain of effects: use it as a list, and call it as a pedalboard.

    A change to the list, or to a board inside, takes effect at the next `prepare` (which every call with
    `reset=True` includes), or with the next chunk of a stream. What stays in the list keeps its sound, what is new
    begins silent. A slice, a sum, `copy.copy` and a pickle hold copies of the plugins, with the mix, bypass and name.

    Args:
        plugins: Effects, pedalboard plugins, or Boards, each instance once. What pedalboard cannot play in blocks
            (PitchShift, GSMFullRateCompressor) raises BoardError.
    """

    kind: ClassVar[str] = "board"

    # The class of each format of saved boards; `board.branches` adds its own.
    _saved_as: ClassVar[dict[str, type[Board]]] = {}
    _assembler: ClassVar[type[Assembler]] = Assembler

    mix = Parameter("Mix", 0, 1, 1, description="0 is the input, delayed to match; 1 the chain")
    bypass = Parameter("Bypass", default=False, scale="toggle", description="The input alone, delayed to match")

    def __init__(self, plugins: Iterable[Any] = (), **values: Value) -> None:
        self._plugins: list[Any] = []
        self._slots = SlotNames()
        self._assembly = Assembly()
        self._prepared_from: list[Any] = []
        self._runs = Runs()
        self._is_edited = False
        self._events = DueEvents()
        self._position = 0
        Live.__init__(self)
        SmoothedEffect.__init__(self, **values)
        self.extend(plugins)

    def __repr__(self) -> str:
        own = "".join(f", {s}={v!r}" for s, v in self.values().items() if v != self.parameters[s].default)
        return f"{super().__repr__().removesuffix(')')}{own})"

    def _changed(self) -> None:
        super()._changed()
        self._is_edited = True

    @property
    def latency_samples(self) -> int:
        return sum(part.stage.latency_samples for part in self._assembly.parts)

    @property
    def tail_samples(self) -> int:
        return sum(part.stage.tail_samples for part in self._assembly.parts)

    def _is_stale(self) -> bool:
        inner = [plugin for plugin in self._plugins if not is_native(plugin)]
        return (
            self._is_edited
            or any(plugin.layout != self.layout or plugin._is_stale() for plugin in inner)
            or self._native_settings() != self._prepared_from
        )

    def _native_settings(self) -> list[Any]:
        """The native plugins at any depth with their values, any of which can change latency or tail."""
        natives = [plugin for plugin in self._plugins if is_native(plugin)]
        return [[plugin, [(leaf, native_values(leaf)) for leaf in leaves(plugin)]] for plugin in natives]

    def _prepare(self) -> None:
        self._check(self._plugins)
        self._claim()
        self._assemble(self._assembler(self.layout, None, self._follows_live).build(self._plugins))
        self._dry = DelayLine(self.channels, self.latency_samples)

    def _assemble(self, assembly: Assembly) -> None:
        self._assembly = assembly
        for part in assembly.parts:
            part.stage.wait_for_responses(self._waits)
        self._prepared_from, self._is_edited = self._native_settings(), False

    def _adopt_edits(self) -> None:
        inner = [plugin for plugin in self._plugins if isinstance(plugin, Effect)]
        for plugin in inner:
            if plugin.is_prepared:
                plugin._adopt_edits()
        is_late = self._dry.samples != self.latency_samples
        if not (self._is_edited or is_late):
            return
        self._check(self._plugins)
        self._claim()
        self._assemble(self._assembler(self.layout, self._assembly, self._follows_live).build(self._plugins))
        self._make_guards(self.channels)
        self._dry = self._dry.resized(self.latency_samples)
        self._events.keep(self._plugins)

    def _reset(self) -> None:
        super()._reset()
        self._events.clear()
        self._position = 0
        self._dry.reset()
        self._make_guards(self.channels)
        parts: Sequence[Part | Guard] = self._guards or self._assembly.parts
        for part in parts:
            part.reset()

    def _check_block(self, block: Audio) -> None:
        if self._is_edited and self.is_prepared:
            raise AudioError(
                f"{self.name}: the list has changed since prepare(); call prepare() again, or play chunks with "
                f"board(chunk, sample_rate, reset=False), which apply the change"
            )
        super()._check_block(block)

    def wait_for_responses(self, waits: bool) -> None:
        if waits != self._waits:
            super().wait_for_responses(waits)
            for plugin in self._plugins:
                if isinstance(plugin, Effect):
                    plugin.wait_for_responses(waits)

    @property
    def position(self) -> int:
        """Input samples since the last `reset`: what `schedule` counts."""
        return self._position

    def _process(self, block: Audio) -> Audio:
        if not self._events:
            return self._process_piece(block)
        out = np.empty_like(block)
        start = 0
        while start < block.shape[1]:
            self._apply_due()
            ahead = self._events.first - self._position if self._events else block.shape[1]
            stop = min(block.shape[1], start + ahead)
            out[:, start:stop] = self._process_piece(block[:, start:stop])
            start = stop
        return out

    def _through(self, block: Audio) -> Audio:
        for run in self._runs.of(self._players):
            block = run.play(block, self._played)
        return block

    def _played(self, part: Part | Guard, index: int, block: Audio) -> Audio:
        try:
            return part.process_block(block)
        except Warning:
            raise
        except Exception as error:
            raise slot_error(self._part_name(self._assembly.parts[index]), error) from error

    def _process_piece(self, block: Audio) -> Audio:
        wet = self._through(block)
        self._position += block.shape[1]
        target = 0.0 if self.bypass else float(self.mix)
        if self._rests_at("mix", target) and target == 1.0:
            self._dry.push(block)
            return wet if wet is not block else block.copy()
        mix = self._ramp("mix", target, block.shape[1])
        return np.asarray(self._dry.process(block) * (1.0 - mix) + wet * mix, np.float32)

    def render(
        self,
        audio: NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        tail: bool = True,
        automation: Moves | None = None,
    ) -> NDArray[np.float32]:
        """The whole of `audio` through the board, with the tail and, if given, automation at exact positions."""
        if automation is None:
            return super().render(audio, sample_rate, buffer_size, tail)
        shaped, restore = as_channels_first(audio)
        with self._usage.call(self.name):
            blocks = list(self.iter_render(shaped, sample_rate, buffer_size, tail, automation))
        return restore(self._gathered(blocks, shaped.shape[0], sample_rate))

    def iter_render(
        self,
        audio: Audio,
        sample_rate: float,
        buffer_size: int = 8192,
        tail: bool = True,
        automation: Moves | None = None,
    ) -> Iterator[Audio]:
        """`render`, block by block. Automated parameters start at their curve's first value."""
        self.prepare(sample_rate, buffer_size, audio.shape[0])
        if automation is not None:
            automation.install(self, sample_rate, audio.shape[1])
        yield from self._iter_prepared(audio, buffer_size, tail)

    def _apply_due(self) -> None:
        while self._events and self._events.first <= self._position:
            plugin, symbol, value = self._events.pop()
            try:
                member(self if plugin is None else plugin).set(symbol, value)
            except Exception as error:
                guard = self._guard_of(plugin) if self._is_guarding else None
                if guard is None:
                    raise
                guard.fail(error)

    def to_json(self) -> str:
        """The board as text, from which `from_json` restores it; raises BoardError for what it can't save."""
        return board_to_json(self)

    @classmethod
    def from_json(cls, text: str, trust: bool = False) -> Board:
        """Restore what `to_json` wrote.

        Args:
            text: may come from an untrusted source.
            trust: also run a plugin's code, or read an impulse response, from any path that the text names. Without it
                a plugin is looked for by its name in the system's plugin folders.

        Raises BoardError, or UnknownEffectError naming the bundle that is missing.
        """
        board: Board = board_from_json(text, trust, Board._saved_as)
        return board


Board._saved_as[FORMAT] = Board
