# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and ids of a board's slots. Neither depends on the order of the slots.

A slot's **name** is for people: `violin`, `violin-2`. It follows the plugin's own name, and so changes when the plugin
is renamed. A slot's **id** is for saved boards, takes and automation lanes. It is created when the plugin is put into
the board, never changes, is saved with the board, and is never given to another plugin of that board.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ddsp_fx.board.native_stage import native_name


class Naming(NamedTuple):
    """The name and id of one slot.

    Args:
        base: the plugin's own name.
        name: unique in the board, made from it.
        id: unique in the board, during the board's whole life.
    """

    base: str
    name: str
    id: str


class SlotNames:
    """The namings of the plugins in a list, and of those that were removed but still exist.

    Attributes:
        places: the index of each id.
        given: for each base, the highest number used in an id.
    """

    def __init__(self) -> None:
        self._now: list[tuple[Any, Naming]] = []
        self.places: dict[str, int] = {}
        # A plugin that is removed and put back (board.insert(0, board.pop()), a swap) keeps its naming. Only plugins
        # that somebody still holds can come back, so weak references suffice.
        self._left: dict[int, tuple[weakref.ref[Any], Naming]] = {}
        self.given: Counter[str] = Counter()

    def _set(self, plugins: Sequence[Any], bases: Sequence[str], names: Sequence[str], ids: Sequence[str]) -> None:
        self._now = list(zip(plugins, map(Naming, bases, names, ids), strict=True))
        self.places = {naming.id: index for index, (_, naming) in enumerate(self._now)}

    @property
    def namings(self) -> list[Naming]:
        """The naming of each slot, in order."""
        return [naming for _, naming in self._now]

    def arrange(self, plugins: Sequence[Any]) -> None:
        """Name the plugins of the current list.

        A plugin that was in the list before keeps its id, and its name unless it has been renamed. Of the new ones with
        the same name, the first gets it unchanged, and the others are numbered.
        """
        known = {id(plugin): naming for plugin, naming in self._now}
        present = {id(plugin) for plugin in plugins}
        self._remember((plugin, naming) for plugin, naming in self._now if id(plugin) not in present)
        bases = [native_name(plugin) for plugin in plugins]
        kept = [known.get(id(plugin)) for plugin in plugins]
        back = [naming or self._returned(plugin) for plugin, naming in zip(plugins, kept, strict=True)]
        names = _names(bases, kept, back)
        ids = self._ids(bases, kept, back)
        self._set(plugins, bases, names, ids)

    def adopt(self, plugins: Sequence[Any], names: Sequence[str], ids: Sequence[str], given: Mapping[str, int]) -> None:
        """Restore the namings of a saved board; `given` is its record of used numbers."""
        self.given = given_by(ids) | Counter(given)
        self._set(plugins, [native_name(plugin) for plugin in plugins], names, ids)

    def expect(self, plugins: Iterable[Any], namings: Iterable[Naming]) -> None:
        """Announce copies that will be added next; if possible, they get these namings."""
        self._remember(zip(plugins, namings, strict=True))

    def _remember(self, left: Iterable[tuple[Any, Naming]]) -> None:
        for plugin, naming in left:
            # A third-party plugin class may not support weak references; a plugin that comes back then counts as new.
            with suppress(TypeError):
                self._left[id(plugin)] = weakref.ref(plugin), naming
        self._left = {key: entry for key, entry in self._left.items() if entry[0]() is not None}

    def _returned(self, plugin: Any) -> Naming | None:
        reference, naming = self._left.pop(id(plugin), (None, None))
        return naming if reference is not None and reference() is plugin else None

    def _ids(self, bases: Sequence[str], kept: Sequence[Naming | None], back: Sequence[Naming | None]) -> list[str]:
        taken = {naming.id for naming in kept if naming}
        ids = []
        for base, stays, comes in zip(bases, kept, back, strict=True):
            if stays:
                ids.append(stays.id)
                continue
            free = comes.id if comes and comes.id not in taken else self._new_id(base)
            taken.add(free)
            self.given |= given_by([free])
            ids.append(free)
        return ids

    def _new_id(self, base: str) -> str:
        number = self.given[base] + 1
        while self._was_given(numbered(base, number)):
            number += 1
        return numbered(base, number)

    def _was_given(self, text: str) -> bool:
        head, number = _parted(text)
        return self.given[head] >= number


def numbered(base: str, number: int) -> str:
    """violin, violin-2, violin-3, ..."""
    return base if number == 1 else f"{base}-{number}"


def given_by(ids: Iterable[str]) -> Counter[str]:
    """For each base, the highest number used in these ids."""
    given: Counter[str] = Counter()
    for text in ids:
        head, number = _parted(text)
        given[head] = max(given[head], number)
    return given


def first_names(plugins: Sequence[Any]) -> list[str]:
    """The names of these plugins in a new board."""
    nothing = [None] * len(plugins)
    return _names([native_name(plugin) for plugin in plugins], nothing, nothing)


def _parted(text: str) -> tuple[str, int]:
    """The inverse of `numbered`: violin-3 -> violin, 3; anything else -> itself, 1."""
    head, _, number = text.rpartition("-")
    is_number = head and number.isascii() and number.isdecimal() and number[0] != "0" and len(number) < 10
    return (head, int(number)) if is_number and number != "1" else (text, 1)


def _names(bases: Sequence[str], kept: Sequence[Naming | None], back: Sequence[Naming | None]) -> list[str]:
    stay = [k.name if k and k.base == base else None for k, base in zip(kept, bases, strict=True)]
    taken = {name for name in stay if name}
    names = []
    for base, name, naming in zip(bases, stay, back, strict=True):
        if name is None and naming and naming.base == base and naming.name not in taken:
            name = naming.name
        name = name or _free(base, taken, bases)
        taken.add(name)
        names.append(name)
    return names


def _free(base: str, taken: set[str], bases: Sequence[str]) -> str:
    number = 1
    while numbered(base, number) in taken or (number > 1 and numbered(base, number) in bases):
        number += 1
    return numbered(base, number)
