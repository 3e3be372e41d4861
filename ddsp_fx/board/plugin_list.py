# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of plugins, each in a slot with a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import Any, Self, overload

from ddsp_fx.board.native import is_native
from ddsp_fx.errors import BoardError


class PluginList(MutableSequence[Any]):
    """Holds learned effects, pedalboard plugins and boards; anything else raises BoardError."""

    _plugins: list[Any]

    def __init__(self, plugins: Iterable[Any] = ()) -> None:
        self._plugins = []
        self.extend(plugins)

    def _checked(self, plugin: Any) -> Any:
        if not (is_native(plugin) or hasattr(plugin, "process_block")):
            raise BoardError(f"{plugin!r} is neither an Effect nor a pedalboard plugin")
        return plugin

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        return type(self)(self._plugins[index]) if isinstance(index, slice) else self._plugins[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            self._plugins[index] = [self._checked(plugin) for plugin in value]
        else:
            self._plugins[index] = self._checked(value)
        self._changed()

    def __delitem__(self, index: int | slice) -> None:
        del self._plugins[index]
        self._changed()

    def insert(self, index: int, value: Any) -> None:
        """Put a plugin before `index`; raises BoardError for anything else."""
        self._plugins.insert(index, self._checked(value))
        self._changed()

    def __len__(self) -> int:
        return len(self._plugins)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._plugins!r})"

    def _changed(self) -> None:
        """The list is another one now."""

    # Slots: how automation, OSC and JSON name a plugin.

    def slot_names(self) -> list[str]:
        """One unique name a plugin: its own, numbered from the second of that name on (violin, violin-2)."""
        names: list[str] = []
        for plugin in self._plugins:
            # Effects and plugin files have names of their own; pedalboard's plugins are known by their class.
            base = getattr(plugin, "name", None) or type(plugin).__name__
            count = sum(1 for name in names if name == base or name.rpartition("-")[0] == base)
            names.append(f"{base}-{count + 1}" if count else base)
        return names

    def slot(self, name: str | int) -> int:
        """The index behind a slot's name or number; raises BoardError."""
        names = self.slot_names()
        if isinstance(name, str) and name in names:
            return names.index(name)
        if str(name).isdecimal() and len(str(name)) < 10 and int(name) < len(names):
            return int(name)
        raise BoardError(f"the board has no slot {name!r}; it has {', '.join(names) or 'none'}")
