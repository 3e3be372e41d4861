# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tables of docs/effects.md from the declarations: `python tests/docs/parameter_tables.py`."""

import re
from pathlib import Path

from ddsp_fx.analysis.trackers import describe_trackers
from ddsp_fx.bundles.kinds import effect_kind
from ddsp_fx.effects import Parameter

PAGE = Path(__file__).parents[2] / "docs" / "effects.md"
# The order for readers: the default first.
TRACKERS = ("mcleod", "swift", "ddsp-vst:PATH")
TRACKER_PLACE = re.compile(r"(<!-- trackers -->\n).*?(<!-- end -->)", re.DOTALL)
PLACE = re.compile(r"(<!-- parameters: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(kind: str) -> str:
    """The table in Markdown, one row per parameter, in the order of declaration."""
    rows = ["| parameter | range | default | what it does |", "| --- | --- | --- | --- |"]
    parameters: dict[str, Parameter] = effect_kind(kind).parameters  # type: ignore[attr-defined]
    for symbol, p in parameters.items():
        rows.append(f"| `{symbol}` | {_range(p)} | {p.text(p.default)} | {p.description or p.name} |")
    return "\n".join(rows)


def _range(p: Parameter) -> str:
    text = p.range_text.removeprefix("the range is ").replace(" | ", " or ")
    return f"{text}, log" if p.scale == "log" else text


def tracker_table() -> str:
    """The table in Markdown, one row per built-in tracker."""
    told = {tracker["name"]: tracker for tracker in describe_trackers()}
    rows = ["| tracker | look-ahead | range | when | needs |", "| --- | --- | --- | --- | --- |"]
    for name in TRACKERS:
        tracker = told[name]
        span = f"{tracker['f0_min_hz']:.0f} to {tracker['f0_max_hz']:.0f} Hz"
        needs = f"`{tracker['needs']}`" if tracker["needs"] else "nothing"
        look_ahead = f"{tracker['look_ahead_ms']:.0f} ms"
        rows.append(f"| `{name}` | {look_ahead} | {span} | {tracker['summary']} | {needs} |")
    return "\n".join(rows)


def updated(text: str) -> str:
    """The page with current tables."""
    text = TRACKER_PLACE.sub(lambda place: f"{place[1]}{tracker_table()}\n{place[2]}", text)
    return PLACE.sub(lambda place: f"{place[1]}{table(place[2])}\n{place[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
