# SPDX-License-Identifier: GPL-3.0-or-later
"""The live mode of a board: a slot that raises is bypassed and reported, and everything else plays on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ddsp_fx.board.assembly import Assembly, Part
from ddsp_fx.board.faults import Failure, Guard, reason_of
from ddsp_fx.board.plugin_list import PluginList

if TYPE_CHECKING:
    from ddsp_fx.effects.usage import Usage

# Bounded, because a slot may raise at each reset of a host that loops a bar, and nobody may read the failures.
MOST_FAILURES = 256


class Live(PluginList):
    """The live mode of a Board. Off unless `live` is set: then every error is raised, with the slot's name.

    With `live` on, `process_block` never raises for a slot: a slot that raises becomes a delay of its own latency until
    the next `reset` tries it again, and the rest stays aligned. Whole calls, `render` and `iter_render` still raise.
    """

    _usage: Usage
    _assembly: Assembly
    _plugins: list[Any]
    _position: int
    _is_edited: bool

    def __init__(self) -> None:
        self._is_live = False
        self._outer: Any = None
        self._guards: list[Guard] = []
        self._failures: deque[Failure] = deque(maxlen=MOST_FAILURES)

    @property
    def live(self) -> bool:
        """Whether slots that raise are bypassed; set it before `prepare`. Boards inside follow the outer one."""
        return self._is_live

    @live.setter
    def live(self, value: bool) -> None:
        self._is_live = bool(value)
        # Loaded plugins now need stages of their own, so that their errors do not affect their neighbours.
        self._is_edited = True

    def take_failures(self) -> list[Failure]:
        """The failures since the last call, oldest first; at most 256 are kept. Call it from one thread only."""
        taken = []
        while self._failures:
            taken.append(self._failures.popleft())
        return taken

    @property
    def bypassed_slots(self) -> list[str]:
        """The slots that are bypassed until the next `reset`, those of inner boards as `inner.violin`."""
        found = []
        for part, guard in zip(self._assembly.parts, self._guards, strict=False):
            name = self._part_name(part)
            if guard.is_bypassed:
                found.append(name)
            elif isinstance(part.stage, Live):
                found += [f"{name}.{inner}" for inner in part.stage.bypassed_slots]
        return found

    @property
    def _follows_live(self) -> bool:
        return self._is_live or self._outer is not None

    @property
    def _is_guarding(self) -> bool:
        """Whether errors are caught in this block: in whole calls they are raised, whether or not the board is live."""
        if not (self._guards and self._usage.is_live_block):
            return False
        return self._is_live if self._outer is None else bool(self._outer._is_guarding)

    @property
    def _players(self) -> Sequence[Part | Guard]:
        return self._guards if self._is_guarding else self._assembly.parts

    def _claim(self) -> None:
        """Make the boards inside report to this one."""
        for plugin in self._plugins:
            if isinstance(plugin, Live):
                plugin._outer = self if self._follows_live else None

    def _make_guards(self, channels: int) -> None:
        if not self._follows_live:
            self._guards = []
        elif [guard.part for guard in self._guards] != self._assembly.parts:
            self._guards = [Guard(part, channels, self._tell) for part in self._assembly.parts]

    def _guard_of(self, plugin: Any) -> Guard | None:
        return next((g for g in self._guards if any(own is plugin for own in g.part.plugins)), None)

    def _part_name(self, part: Part) -> str:
        names = dict(zip(map(id, self._plugins), self.slot_names(), strict=True))
        return " | ".join(names.get(id(plugin), "removed") for plugin in part.plugins)

    def _tell(self, part: Part, error: Exception) -> None:
        self._record(Failure(self._part_name(part), reason_of(error), self._position))

    def _record(self, failure: Failure) -> None:
        if self._outer is None:
            self._failures.append(failure)
            return
        name = self._outer.slot_names()[self._outer.index(self)]
        self._outer._record(replace(failure, slot=f"{name}.{failure.slot}", sample=self._outer.position))
