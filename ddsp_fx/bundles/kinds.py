# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of effect by name. All, built-in ones included, come from entry point group `ddsp_fx.effects`."""

from __future__ import annotations

from typing import Protocol

from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Value
from ddsp_fx.effects.source import Source
from ddsp_fx.errors import BundleError
from ddsp_fx.extensions import Door

KINDS = Door("ddsp_fx.effects", "kind of effect", BundleError)


class EffectKind(Protocol):
    """A class of effects that a bundle can name."""

    def from_source(self, source: Source, **values: Value) -> Effect:
        """Make an effect; cheap, opens no file."""
        ...


def effect_kind(name: str) -> EffectKind:
    """The class of that kind; raises BundleError if no installed package has it or its import fails."""
    kind = KINDS.load(name)
    if not hasattr(kind, "from_source"):
        raise BundleError(f"kind {name!r} from {KINDS.check(name).value} has no from_source(source, **values)")
    return kind  # type: ignore[no-any-return]
