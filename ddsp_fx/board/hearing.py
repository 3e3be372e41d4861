# SPDX-License-Identifier: GPL-3.0-or-later
"""What the instruments of a board could follow of their input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddsp_fx.board.plugin_list import PluginList
from ddsp_fx.effects.instrument import InstrumentEffect

if TYPE_CHECKING:
    from ddsp_fx.effects.hearing import Hearing


def board_hearings(board: PluginList, now: bool = False) -> dict[str, Hearing]:
    """By the slot's name, `inner.name` in boards inside boards.

    Args:
        board: prepared; others have heard nothing.
        now: of about the last ten seconds, in place of all since the last reset.
    """
    found: dict[str, Hearing] = {}
    for name, plugin in zip(board.slot_names(), board, strict=True):
        if isinstance(plugin, InstrumentEffect):
            found[name] = plugin.hearing_now if now else plugin.hearing
        elif isinstance(plugin, PluginList):
            found |= {f"{name}.{inner}": heard for inner, heard in board_hearings(plugin, now).items()}
    return found
