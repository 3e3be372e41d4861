# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the page: sections of exhibits, each with a sound, a picture and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Figures = dict[str, float]


@dataclass(frozen=True)
class Exhibit:
    """A sound or a picture. Paths are relative to the page; figures map a name with its unit to a value."""

    title: str
    text: str = ""
    sound: str | None = None
    picture: str | None = None
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows of text below a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A demonstration; `slug` names it in files, links and JSON."""

    slug: str
    title: str
    text: str
    exhibits: Sequence[Exhibit] = ()
    tables: Sequence[Table] = ()
    figures: Figures = field(default_factory=dict)

    def all_figures(self) -> Figures:
        """The section's own figures, and each exhibit's under its title."""
        named = {
            f"{exhibit.title}: {name}": value for exhibit in self.exhibits for name, value in exhibit.figures.items()
        }
        return {**self.figures, **named}
