# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page is made of: sections of exhibits, each a sound, a picture and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Figures = dict[str, float]


@dataclass(frozen=True)
class Exhibit:
    """One thing to hear or see: paths are relative to the page; figures are name with unit -> value."""

    title: str
    text: str = ""
    sound: str | None = None
    picture: str | None = None
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows of text under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A demonstration: `slug` names it in files, links and JSON."""

    slug: str
    title: str
    text: str
    exhibits: Sequence[Exhibit] = ()
    tables: Sequence[Table] = ()
    figures: Figures = field(default_factory=dict)

    def all_figures(self) -> Figures:
        """The section's own, and each exhibit's under its title."""
        named = {
            f"{exhibit.title}: {name}": value for exhibit in self.exhibits for name, value in exhibit.figures.items()
        }
        return {**self.figures, **named}
