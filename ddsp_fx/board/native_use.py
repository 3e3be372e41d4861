# SPDX-License-Identifier: GPL-3.0-or-later
"""Records which stage uses a native plugin: pedalboard lets two boards share one, and mixes up their audio."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from ddsp_fx.board.native import leaves
from ddsp_fx.errors import AudioError

# A list of one: the stages of a run look at it with each block, which a look-up in the dictionary would make dearer.
_players: WeakKeyDictionary[Any, list[object]] = WeakKeyDictionary()


class NativeUse:
    """The right of one stage to play its plugins, until another stage takes it.

    Args:
        plugins: at any depth, all that the stage plays.
        name: of the stage.
    """

    def __init__(self, plugins: Iterable[Any], name: str) -> None:
        # Held, so that pedalboard gives the same object for each of them for as long as this lives.
        self._plugins = [leaf for plugin in plugins for leaf in leaves(plugin)]
        self._seats = [_players.setdefault(plugin, [None]) for plugin in self._plugins]
        self._name = name

    def take(self) -> None:
        """Take the plugins at a reset; their previous user gets an error with its next block."""
        for seat in self._seats:
            seat[0] = self

    def check(self) -> None:
        """Before a block; raises AudioError where another stage has taken one of them."""
        for seat in self._seats:
            if seat[0] is not self:
                raise AudioError(
                    f"{self._name}: another board has begun to play this very plugin, so its audio is gone; give each "
                    f"board a plugin of its own, or reset() this board"
                )
