# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx list`: shows installed effects and broken bundles."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ddsp_fx.bundles.discovery import Catalogue, discover, user_folder
from ddsp_fx.bundles.kinds import KINDS
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.files.names import printable

# A bundle lists its instrument first; effects learned with it are indented below it.
INDENT = "  "


def run(arguments: Namespace) -> int:
    """Print a table for people, or JSON; raises BundleError for a kind that no package registers."""
    # `info` writes "timbre transfer".
    kind = arguments.kind.replace(" ", "_") if arguments.kind else None
    if kind:
        KINDS.check(kind)
    catalogue = discover()
    if arguments.json:
        print_json(as_data(catalogue, kind))
    else:
        print_catalogue(catalogue, kind)
    return 0


def as_data(catalogue: Catalogue, kind: str | None = None) -> dict[str, object]:
    """The catalogue as plain data, optionally of one kind only."""
    effects = [
        {
            "symbol": entry.symbol,
            "name": entry.name,
            "description": entry.description,
            "kind": entry.kind,
            "presets": list(entry.presets),
            "bundle": bundle.manifest.id,
            "version": bundle.manifest.version,
            "licence": bundle.manifest.licence,
            "folder": str(bundle.folder),
        }
        for bundle in catalogue.bundles
        for entry in bundle.manifest.effects
        if kind in (None, entry.kind)
    ]
    problems = [{"place": str(problem.place), "reason": problem.reason} for problem in catalogue.problems]
    return {"effects": effects, "problems": problems}


def print_catalogue(catalogue: Catalogue, kind: str | None = None) -> None:
    """Print one line per effect, grouped by bundle, and the skipped bundles."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    table = _table(catalogue, kind)
    if table.row_count:
        console.print(table)
    elif catalogue.bundles:
        console.print(f"No effect of kind {kind} is installed.")
    else:
        console.print(f"No bundles found. Put one into {user_folder()}, or train your own: ddsp-fx train --help")
    for problem in catalogue.problems:
        # In one piece: two would be wrapped one by one, and the first line be too wide.
        console.print(f"[bold]skipped[/bold] {escape(printable(problem.place))}: {escape(printable(problem.reason))}")


def _table(catalogue: Catalogue, kind: str | None) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for bundle in catalogue.bundles:
        shown = [entry for entry in bundle.manifest.effects if kind in (None, entry.kind)]
        for place, entry in enumerate(shown):
            symbol = escape(printable(entry.symbol))
            name = f"[bold]{symbol}[/bold]" if place == 0 else f"{INDENT}{symbol}"
            table.add_row(name, escape(printable(entry.description or entry.name)))
    return table
