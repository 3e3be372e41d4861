# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies, slices and pickles of a board: plugins with their values, names and ids, but no audio."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any, Self

from ddsp_fx.board.assembly import Assembly
from ddsp_fx.board.events import DueEvents
from ddsp_fx.board.live import MOST_FAILURES
from ddsp_fx.board.native_state import packed, unpacked
from ddsp_fx.board.runs import Runs
from ddsp_fx.board.slot_access import SlotAccess
from ddsp_fx.board.slot_naming import SlotNames
from ddsp_fx.errors import BoardError


class Copies(SlotAccess):
    """Adds to what an effect's copies do (`effects.copying`) what a board holds beside its values."""

    def _copy_of(self, indices: range) -> Self:
        state = self.__getstate__()
        state["_plugins"] = [state["_plugins"][index] for index in indices]
        namings, given = state["_slots"]
        state["_slots"] = [namings[index] for index in indices], given
        twin = type(self).__new__(type(self))
        twin.__setstate__(copy.deepcopy(state))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        namings = self._namings()
        fresh = {"_events": DueEvents(), "_assembly": Assembly(), "_failures": deque(maxlen=MOST_FAILURES)}
        plugins = [_packed(plugin, of.name) for plugin, of in zip(self._plugins, namings, strict=True)]
        held = {"_plugins": plugins, "_slots": (namings, dict(self._slots.given))}
        state: Any = super().__getstate__()
        return {
            **state,
            **fresh,
            **held,
            "_outer": None,
            "_guards": [],
            "_prepared_from": [],
            "_runs": Runs(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        plugins = [unpacked(plugin) for plugin in state["_plugins"]]
        namings, given = state["_slots"]
        slots = SlotNames()
        slots.adopt(plugins, [of.name for of in namings], [of.id for of in namings], given)
        # The effect's own, which comes after this class among a Board's bases.
        super().__setstate__({**state, "_plugins": plugins, "_slots": slots, "_is_edited": True})  # type: ignore[misc]


def _packed(plugin: Any, name: str) -> Any:
    try:
        return packed(plugin)
    except BoardError as error:
        raise BoardError(f"slot {name!r} cannot be copied: {error}") from None
