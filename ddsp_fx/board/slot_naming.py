# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of slots: unique, independent of order, and kept by a plugin for as long as it stays in the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ddsp_fx.board.native_stage import native_name

# What the plugin itself is called, and what its slot is called.
Naming = tuple[str, str]


def next_namings(plugins: Sequence[Any], before: Sequence[tuple[Any, Naming]]) -> list[Naming]:
    """A naming for each plugin.

    A plugin that was named before keeps its name, unless it calls itself something else now. Of the others, the first
    of a name has it bare and the next ones are numbered (violin, violin-2), past every name that is taken.

    Args:
        plugins: the list as it is.
        before: plugins of the list as it was, with their namings.
    """
    bases = [native_name(plugin) for plugin in plugins]
    known = {id(plugin): naming for plugin, naming in before}
    kept = [known.get(id(plugin)) for plugin in plugins]
    namings = [k if k is not None and k[0] == base else None for k, base in zip(kept, bases, strict=True)]
    taken = {naming[1] for naming in namings if naming}
    return [naming or (base, _free(base, taken, bases)) for naming, base in zip(namings, bases, strict=True)]


def _free(base: str, taken: set[str], bases: Sequence[str]) -> str:
    name, count = base, 1
    while name in taken or (count > 1 and name in bases):
        count += 1
        name = f"{base}-{count}"
    taken.add(name)
    return name
