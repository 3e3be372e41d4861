# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of plugins without duplicates; each has a slot with a unique name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from typing import Any, Self, overload

from ddsp_fx.board.member import member
from ddsp_fx.board.native import is_container, is_native
from ddsp_fx.board.native_stage import native_name
from ddsp_fx.board.native_state import copied, native_text
from ddsp_fx.board.slot_naming import Naming, SlotNames
from ddsp_fx.board.streaming import check_streams
from ddsp_fx.errors import BoardError

# A slot's number, the path to a slot through boards inside boards, or None for the board itself.
Slot = int | tuple[int, ...] | None


class PluginList(MutableSequence[Any]):
    """Holds learned effects, pedalboard plugins and boards; anything else raises BoardError.

    A plugin holds the audio of one place, so it can be in the list only once, and a board cannot be inside itself. Both
    raise BoardError; an assignment to one place, as in a swap, only does so when the board is prepared.
    """

    _plugins: list[Any]
    _slots: SlotNames

    def __init__(self, plugins: Iterable[Any] = ()) -> None:
        self._plugins, self._slots = [], SlotNames()
        self.extend(plugins)

    def _checked(self, plugin: Any) -> Any:
        member(plugin)
        if is_native(plugin):
            check_streams(plugin)
        if any(part is self for part in inside(plugin)):
            raise BoardError("a board cannot be inside itself; use a copy: copy.deepcopy(board)")
        return plugin

    def _check(self, plugins: Sequence[Any]) -> None:
        try:
            for plugin in plugins:
                self._checked(plugin)
            check_distinct(plugins)
        except RecursionError:
            raise BoardError("a Mix or Chain is inside itself; use another one") from None

    def _put(self, plugins: Sequence[Any]) -> None:
        """Replace the list, unless a plugin is refused."""
        self._check(plugins)
        self._plugins = list(plugins)
        self._changed()

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self._copy_of(range(len(self))[index]) if isinstance(index, slice) else self._plugins[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            plugins = list(self._plugins)
            plugins[index] = list(value)
            self._put(plugins)
        else:
            self._plugins[index] = self._checked(value)
            self._changed()

    def __delitem__(self, index: int | slice) -> None:
        del self._plugins[index]
        self._changed()

    def insert(self, index: int, value: Any) -> None:
        """Insert a plugin before `index`; raises BoardError for anything else, and for a plugin that is in the list."""
        plugins = list(self._plugins)
        plugins.insert(index, value)
        self._put(plugins)

    def extend(self, values: Iterable[Any]) -> None:
        """Append plugins, all or none; raises what `insert` raises."""
        self._put([*self._plugins, *values])

    def reverse(self) -> None:
        """Reverse the order of the plugins."""
        self._put(self._plugins[::-1])

    def __add__(self, other: Iterable[Any]) -> Self:
        """A board of copies: this one's mix, bypass and name, its plugins, then the other's."""
        return self._joined(self, other)

    def __radd__(self, other: Iterable[Any]) -> Self:
        return self._joined(other, self)

    def __mul__(self, times: int) -> Self:
        """A board with that many copies of the whole list."""
        return self._joined(*[self] * times)

    __rmul__ = __mul__

    def _joined(self, *parts: Iterable[Any]) -> Self:
        joined = self._copy_of(range(0))
        for part in parts:
            copies = [copied(plugin) for plugin in part]
            if isinstance(part, PluginList):
                joined._slots.expect(copies, part._namings())
            joined.extend(copies)
        return joined

    def _copy_of(self, indices: range) -> Self:
        """A copy of the board with copies of only these plugins."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._plugins)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        plugins = ", ".join(native_text(plugin) if is_native(plugin) else repr(plugin) for plugin in self._plugins)
        return f"{type(self).__name__}([{plugins}])"

    def _changed(self) -> None:
        """Called when the list has changed."""
        self._slots.arrange(self._plugins)

    def _namings(self) -> list[Naming]:
        # A plugin may have been renamed, of which the list is not notified.
        self._slots.arrange(self._plugins)
        return self._slots.namings

    def slot_names(self) -> list[str]:
        """One unique name per plugin: its own, with a number if another plugin has it already (violin, violin-2).

        A plugin keeps its slot's name while others are added, removed or reordered, unless it is renamed itself.
        """
        return [naming.name for naming in self._namings()]

    def slot_ids(self) -> list[str]:
        """One id per plugin, which stays the same when plugins are added, removed, reordered or renamed.

        Ids are saved with the board and never used twice. With `#` before it, an id can replace a slot's name:
        `board.slot("#violin-2")`, or the automation target `#violin-2.mix`.
        """
        return [naming.id for naming in self._slots.namings]

    def slot_with_id(self, slot_id: str) -> int | None:
        """The index of the slot with that id, None for "", the board itself; raises BoardError."""
        places = self._slots.places
        if slot_id and slot_id not in places:
            raise BoardError(f"the board has no slot with the id {slot_id!r}; it has {', '.join(places) or 'none'}")
        return places[slot_id] if slot_id else None

    def slot(self, name: str | int) -> Slot:
        """The index for a slot's name, number, or id after `#`; raises BoardError.

        `inner.violin` is slot `violin` of the board in slot `inner`, and gives the path to it: (0, 1).
        """
        names = self.slot_names()
        index = self._index(str(name), names)
        if index is not None:
            return index
        for end in (i for i, letter in enumerate(str(name)) if letter == "."):
            way = self._way(str(name)[:end], str(name)[end + 1 :], names)
            if way is not None:
                return way
        raise BoardError(f"the board has no slot {name!r}; it has {', '.join(names) or 'none'}")

    def _index(self, name: str, names: Sequence[str]) -> int | None:
        if name in names:
            return names.index(name)
        if name.isdecimal() and len(name) < 10 and int(name) < len(names):
            return int(name)
        return self._slots.places.get(name[1:]) if name.startswith("#") else None

    def _way(self, head: str, rest: str, names: Sequence[str]) -> tuple[int, ...] | None:
        index = self._index(head, names)
        inner = self._plugins[index] if index is not None else None
        if not isinstance(inner, PluginList):
            return None
        found = inner.slot(rest)
        if index is None or found is None:
            return None
        return (index, *(found if isinstance(found, tuple) else (found,)))


def inside(plugin: Any) -> Iterator[Any]:
    """The plugin and everything inside it, at any depth: in boards, pedalboard's containers and wrappers."""
    yield plugin
    held: Iterable[Any] = ()
    if isinstance(plugin, PluginList):
        held = plugin._plugins
    elif is_container(plugin):
        held = plugin
    elif not is_native(plugin) and hasattr(plugin, "inner"):
        held = (plugin.inner,)
    for part in held:
        if part is not None:
            yield from inside(part)


def check_distinct(plugins: Iterable[Any]) -> None:
    """Raises BoardError if the same instance appears twice, at any depth."""
    # The list keeps them alive: pedalboard makes a new object for a plugin that nobody holds, maybe at an old address.
    parts = [part for plugin in plugins for part in inside(plugin)]
    seen: set[int] = set()
    for part in parts:
        if id(part) in seen:
            raise BoardError(
                f"the same {native_name(part)} is in the board twice, which would mix up the audio of both places; "
                f"use another one for each place, or copy.deepcopy of it"
            )
        seen.add(id(part))
