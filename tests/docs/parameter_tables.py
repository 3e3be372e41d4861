# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameter tables of docs/effects.md, made from the declarations: `python tests/docs/parameter_tables.py`."""

import re
from pathlib import Path

from ddsp_fx.bundles.kinds import effect_kind
from ddsp_fx.effects import Parameter

PAGE = Path(__file__).parents[2] / "docs" / "effects.md"
PLACE = re.compile(r"(<!-- parameters: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(kind: str) -> str:
    """Markdown, one row a parameter, in the order of declaration."""
    rows = ["| parameter | range | default | what it does |", "| --- | --- | --- | --- |"]
    parameters: dict[str, Parameter] = effect_kind(kind).parameters  # type: ignore[attr-defined]
    for symbol, p in parameters.items():
        rows.append(f"| `{symbol}` | {_range(p)} | {p.text(p.default)} | {p.description or p.name} |")
    return "\n".join(rows)


def _range(p: Parameter) -> str:
    text = p.range_text.removeprefix("the range is ").replace(" | ", " or ")
    return f"{text}, log" if p.scale == "log" else text


def updated(text: str) -> str:
    """The page with every table as the declarations have it now."""
    return PLACE.sub(lambda place: f"{place[1]}{table(place[2])}\n{place[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
