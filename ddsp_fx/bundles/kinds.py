# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of effect by name, through entry point group `ddsp_fx.effects`: the built-in kinds use the same door."""

from __future__ import annotations

from typing import Protocol

from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Value, did_you_mean
from ddsp_fx.effects.source import Source
from ddsp_fx.errors import BundleError
from ddsp_fx.extensions import by_name

GROUP = "ddsp_fx.effects"


class EffectKind(Protocol):
    """A class of effect that a bundle can name."""

    def from_source(self, source: Source, **values: Value) -> Effect:
        """Cheap: opens no file."""
        ...


def kind_names() -> list[str]:
    """All kinds that installed packages offer."""
    return sorted(by_name(GROUP))


def effect_kind(name: str) -> EffectKind:
    """The class of that kind; raises BundleError when no installed package offers it or it fails to import."""
    points = by_name(GROUP)
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
