# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of effect by name, through entry point group `ddsp_fx.effects`: the built-in kinds use the same door."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Value, did_you_mean
from ddsp_fx.effects.source import Source
from ddsp_fx.errors import BundleError

GROUP = "ddsp_fx.effects"


class EffectKind(Protocol):
    """A class of effect that a bundle can name."""

    def from_source(self, source: Source, **values: Value) -> Effect:
        """Cheap: opens no file."""
        ...


def kind_names() -> list[str]:
    """All kinds that installed packages offer."""
    return sorted(_by_name())


def _by_name() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def effect_kind(name: str) -> EffectKind:
    """The class of that kind; raises BundleError when no installed package offers it or it fails to import."""
    points = _by_name()
    if name not in points:
        hint = did_you_mean(name, points)
        raise BundleError(f"unknown kind of effect {name!r}{hint}; installed kinds: {', '.join(sorted(points))}")
    try:
        kind = points[name].load()
    except Exception as error:
        raise BundleError(f"kind {name!r} from {points[name].value} does not load: {error}") from error
    if not hasattr(kind, "from_source"):
        raise BundleError(f"kind {name!r} from {points[name].value} has no from_source(source, **values)")
    return kind  # type: ignore[no-any-return]
