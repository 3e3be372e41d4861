# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed effects, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.discovery import discover
from ddsp_fx.effects.base import Effect

FIRST = "violin"
FULL = "-full"


@dataclass(frozen=True)
class Item:
    """An effect of a bundle."""

    bundle: Bundle
    symbol: str
    kind: str

    def make(self, **values: Any) -> Effect:
        """A new effect with the bundle's defaults."""
        return self.bundle.make(self.symbol, **values)


class Shelf:
    """All effects by kind, the violin first. A full model `NAME-full` is paired with NAME and not listed itself."""

    def __init__(self) -> None:
        self.bundles = discover().bundles
        # Of two effects with the same symbol, the first takes precedence.
        found = {e.symbol: Item(b, e.symbol, e.kind) for b in reversed(self.bundles) for e in b.manifest.effects}
        items = [found[e.symbol] for b in self.bundles for e in b.manifest.effects if found[e.symbol].bundle is b]
        instruments = [item for item in items if item.kind == "timbre_transfer"]
        names = {item.symbol for item in instruments}
        full = {name for name in names if name.removesuffix(FULL) in names - {name}}
        of_full = {item.symbol for item in items if any(item.symbol.startswith(f"{name}-") for name in full)} | full
        self.instruments = _violin_first([item for item in instruments if item.symbol not in of_full])
        self.rooms = _violin_first(_kind("learned_reverb", items, of_full))
        self.dereverbs = _violin_first(_kind("dereverb", items, of_full))
        self.pairs = [
            (tiny, item) for tiny in self.instruments for item in instruments if item.symbol == tiny.symbol + FULL
        ]


def _kind(kind: str, items: list[Item], without: set[str]) -> list[Item]:
    return [item for item in items if item.kind == kind and item.symbol not in without]


def _violin_first(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: item.symbol.partition("-")[0] != FIRST)
