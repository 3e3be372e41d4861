# SPDX-License-Identifier: GPL-3.0-or-later
"""How an effect looks in a notebook: its parameters as a table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ddsp_fx.effects.parameters import Parameter, Value


class Shown(Protocol):
    """The part of an effect that is shown."""

    @property
    def parameters(self) -> Mapping[str, Parameter]: ...
    def get_value(self, symbol: str) -> Value: ...


_HEAD = "<tr><th>parameter</th><th>value</th><th>range</th><th>what it does</th></tr>"


def effect_html(effect: Shown) -> str:
    """A caption and a row per parameter; values that differ from the default are bold."""
    rows = []
    for symbol, p in effect.parameters.items():
        value = effect.get_value(symbol)
        text = escape(p.text(value))
        shown = text if value == p.default else f"<b>{text}</b>"
        span = escape(p.range_text.removeprefix("the range is "))
        rows.append(
            f"<tr><td>{symbol}</td><td>{shown}</td><td>{span}</td><td>{escape(p.description or p.name)}</td></tr>"
        )
    return f"<table><caption>{escape(repr(effect))}</caption>{_HEAD}{''.join(rows)}</table>"
