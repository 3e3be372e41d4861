# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: HTML and CSS by hand, for light and dark, without external resources."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from ddsp_fx.cli.gallery.exhibits import Exhibit, Section, Table

TITLE = "ddsp-fx gallery"
INTRODUCTION = (
    "The demonstrations of DDSP: Differentiable Digital Signal Processing (Engel, Hantrakul, Gu, Roberts, ICLR 2020), "
    "repeated with the effects installed here. Every sound on this page was computed by the command that wrote it. "
    "Spectrograms: linear frequency, logarithmic magnitude over 90 dB."
)
CSS = """
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #5b5b63; --paper: #fdfdfc; --line: #d9d9d6; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --soft: #a3a3ad; --paper: #16161a; --line: #34343b; --link: #8ab8f0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.2rem 5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
h1 { font-size: 1.9rem; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; margin: 3.2rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1.4rem; }
h3 { font-size: 1rem; margin: 0 0 .25rem; }
p { margin: .3rem 0 .9rem; max-width: 46rem; }
nav ol { columns: 18rem 3; padding-left: 1.4rem; }
article { display: grid; grid-template-columns: minmax(15rem, 1fr) 2fr; gap: 1.2rem; align-items: center;
  margin: 1.1rem 0; }
article > div { min-width: 0; }
article p, dl, footer { font-size: .88rem; color: var(--soft); }
audio { width: 100%; height: 2.2rem; display: block; margin: .3rem 0; }
img { width: 100%; height: auto; display: block; }
dl { display: grid; grid-template-columns: auto auto; justify-content: start; gap: 0 .9rem; margin: .3rem 0; }
dd { margin: 0; font-variant-numeric: tabular-nums; color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .8rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
footer { margin-top: 4rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 44rem) { article { grid-template-columns: 1fr; } }
"""


def page(sections: Sequence[Section], footer: str) -> str:
    """The whole document."""
    links = "".join(f'<li><a href="#{s.slug}">{escape(s.title)}</a></li>' for s in sections)
    body = "".join(_section(number, section) for number, section in enumerate(sections, 1))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{TITLE}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{CSS}</style>\n</head>\n<body>\n'
        f"<h1>{TITLE}</h1>\n<p>{escape(INTRODUCTION)}</p>\n<nav><ol>{links}</ol></nav>\n<main>\n{body}</main>\n"
        f"<footer>{escape(footer)}</footer>\n</body>\n</html>\n"
    )


def _section(number: int, section: Section) -> str:
    parts = [
        f'<section id="{section.slug}">\n<h2>{number}. {escape(section.title)}</h2>\n<p>{escape(section.text)}</p>\n'
    ]
    # A table already has the section's figures, in order.
    figures = "" if section.tables else _figures(section.figures)
    parts += [figures, *map(_exhibit, section.exhibits), *map(_table, section.tables), "</section>\n"]
    return "".join(parts)


def _exhibit(exhibit: Exhibit) -> str:
    title = escape(exhibit.title)
    text = f"<p>{escape(exhibit.text)}</p>" if exhibit.text else ""
    sound = (
        f'<audio controls preload="none" src="{exhibit.sound}" aria-label="{title}"></audio>' if exhibit.sound else ""
    )
    picture = f'<img src="{exhibit.picture}" alt="{title}" loading="lazy">' if exhibit.picture else ""
    return (
        f"<article>\n<div><h3>{title}</h3>{text}{sound}{_figures(exhibit.figures)}</div>\n"
        f"<div>{picture}</div>\n</article>\n"
    )


def _figures(figures: Mapping[str, float]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{number(value)}</dd>" for name, value in figures.items())
    return f"<dl>{rows}</dl>\n" if rows else ""


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in table.rows)
    return f'<div class="scroll"><table>\n<tr>{head}</tr>\n{rows}</table></div>\n'


def number(value: float) -> str:
    """Three significant digits, without an exponent for common magnitudes; a dash for NaN."""
    if not math.isfinite(value):
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"
