# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of a board's plugins, by slot: set, checked, or scheduled for a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ddsp_fx.board.faults import Failure, reason_of
from ddsp_fx.board.live import Live
from ddsp_fx.board.member import Member, member
from ddsp_fx.board.plugin_list import Slot
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import ParameterError, unknown_parameter

if TYPE_CHECKING:
    from ddsp_fx.board.events import DueEvents


class SlotAccess(Live):
    """A Board's interface for automation, OSC and hosts. A slot of None is the board itself."""

    _events: DueEvents

    def plugin_at(self, slot: Slot) -> Any:
        """The plugin in a slot, as returned by `slot`; the board itself for None."""
        if isinstance(slot, tuple):
            inner = self._plugins[slot[0]]
            return inner.plugin_at(slot[1:]) if len(slot) > 1 else inner
        return self if slot is None else self._plugins[slot]

    def member_at(self, slot: Slot) -> Member:
        """The parameters of a slot's plugin."""
        return member(self.plugin_at(slot))

    def set_slot_value(self, slot: Slot, symbol: str, value: Value) -> None:
        """Set a parameter of any plugin, checked; raises ParameterError or UnknownParameterError."""
        plugin = self.plugin_at(slot)
        if self._usage.phase == "stream":
            self._check_movable(plugin, symbol, value)
        member(plugin).set(symbol, value)

    def _check_movable(self, plugin: Any, symbol: str, value: Value) -> None:
        part = member(plugin)
        if not part.is_fixed(symbol) or _is_same(part.values()[symbol], value):
            return
        name = type(plugin).__name__
        raise ParameterError(
            f"{name}.{symbol} cannot be moved while audio runs: that would restart {name} or change latency. Set it "
            f"on the plugin before the stream, or between two: board.reset(), set it, then prepare()"
        )

    def check_slot_symbol(self, slot: Slot, symbol: str) -> None:
        """Raises UnknownParameterError if that plugin has no such parameter."""
        known = member(self.plugin_at(slot)).symbols()
        if symbol not in known:
            raise unknown_parameter(self._called(slot), symbol, known)

    def _called(self, slot: Slot) -> str:
        if isinstance(slot, tuple):
            inner = self._plugins[slot[0]]
            rest = f".{inner._called(slot[1:])}" if len(slot) > 1 else ""
            return f"{self.slot_names()[slot[0]]}{rest}"
        return str(getattr(self, "name", "board")) if slot is None else self.slot_names()[slot]

    def check_slot_value(self, slot: Slot, symbol: str, value: Value) -> None:
        """Raises ParameterError or UnknownParameterError if the plugin would refuse the value; changes nothing."""
        self.check_slot_symbol(slot, symbol)
        member(self.plugin_at(slot)).check(symbol, value)

    def schedule(self, sample: int, slot: Slot, symbol: str, value: Value) -> None:
        """Set a parameter when the sound of input sample `sample` passes through the plugin.

        An event in the past acts at once. `reset` discards events. A parameter that cannot be moved while audio runs
        raises ParameterError, or is reported as a failure of a live board.
        """
        if isinstance(slot, tuple) and len(slot) > 1:
            inner = self._plugins[slot[0]]
            inner.schedule(sample + self._assembly.offsets[slot[0]], slot[1:], symbol, value)
            return
        index = slot[0] if isinstance(slot, tuple) else slot
        plugin = self.plugin_at(index)
        try:
            self._check_movable(plugin, symbol, value)
        except ParameterError as error:
            if not self._follows_live:
                raise
            self._record(Failure(self._called(index), reason_of(error), self._position, is_bypassed=False))
            return
        offset = 0 if index is None else self._assembly.offsets[index]
        due = max(sample + offset + member(plugin).automation_delay(symbol), self._position)
        self._events.add(due, None if index is None else plugin, symbol, value)


def _is_same(now: Value, value: Value) -> bool:
    if isinstance(now, str) or isinstance(value, str):
        return now == value
    # pedalboard stores float32.
    return bool(np.float32(now) == np.float32(value))
