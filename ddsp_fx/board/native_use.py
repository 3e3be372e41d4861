# SPDX-License-Identifier: GPL-3.0-or-later
"""Records which stage uses a native plugin: pedalboard lets two boards share one, which mixes up their audio."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from ddsp_fx.board.native import leaves
from ddsp_fx.errors import AudioError

# One-element lists, which stages hold and check at each block; a dictionary look-up would be slower.
_players: WeakKeyDictionary[Any, list[object]] = WeakKeyDictionary()


class NativeUse:
    """A stage's exclusive use of its plugins, until another stage takes it.

    Args:
        plugins: all plugins that the stage plays, at any depth.
        name: of the stage.
    """

    def __init__(self, plugins: Iterable[Any], name: str) -> None:
        # Held, because pedalboard returns the same object for a plugin only as long as somebody holds it.
        self._plugins = [leaf for plugin in plugins for leaf in leaves(plugin)]
        self._seats = [_players.setdefault(plugin, [None]) for plugin in self._plugins]
        self._name = name

    def take(self) -> None:
        """Take the plugins at a reset. Their previous user gets an error at its next block."""
        for seat in self._seats:
            seat[0] = self

    def check(self) -> None:
        """Call before a block; raises AudioError if another stage has taken one of the plugins."""
        for seat in self._seats:
            if seat[0] is not self:
                raise AudioError(
                    f"{self._name}: another board now plays the same plugin object, so its audio is gone; give each "
                    f"board its own plugin, or reset() this board"
                )
