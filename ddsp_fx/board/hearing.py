# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the input a board's instruments could follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddsp_fx.board.plugin_list import PluginList
from ddsp_fx.effects.instrument import InstrumentEffect

if TYPE_CHECKING:
    from ddsp_fx.effects.hearing import Hearing


def board_hearings(board: PluginList, now: bool = False) -> dict[str, Hearing]:
    """The `Hearing` of each instrument by slot name; `inner.name` in boards inside boards.

    Args:
        board: prepared; otherwise its instruments have heard nothing.
        now: covers about the last ten seconds instead of everything since the last reset.
    """
    found: dict[str, Hearing] = {}
    for name, plugin in zip(board.slot_names(), board, strict=True):
        if isinstance(plugin, InstrumentEffect):
            found[name] = plugin.hearing_now if now else plugin.hearing
        elif isinstance(plugin, PluginList):
            found |= {f"{name}.{inner}": heard for inner, heard in board_hearings(plugin, now).items()}
    return found
