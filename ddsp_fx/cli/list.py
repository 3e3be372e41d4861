# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx list`: what is installed, and what is broken."""

from __future__ import annotations

from argparse import Namespace

from ddsp_fx.bundles.discovery import Catalogue, discover, user_folder
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.files.names import printable


def run(arguments: Namespace) -> int:
    """A table for people, or JSON."""
    catalogue = discover()
    if arguments.json:
        print_json(as_data(catalogue))
        return 0
    _print_table(catalogue)
    return 0


def as_data(catalogue: Catalogue) -> dict[str, object]:
    """The catalogue as plain data."""
    effects = [
        {
            "symbol": entry.symbol,
            "name": entry.name,
            "kind": entry.kind,
            "presets": list(entry.presets),
            "bundle": bundle.manifest.id,
            "version": bundle.manifest.version,
            "licence": bundle.manifest.licence,
            "folder": str(bundle.folder),
        }
        for bundle in catalogue.bundles
        for entry in bundle.manifest.effects
    ]
    problems = [{"place": str(problem.place), "reason": problem.reason} for problem in catalogue.problems]
    return {"effects": effects, "problems": problems}


def _print_table(catalogue: Catalogue) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    for column in ("effect", "kind", "presets", "bundle", "version", "licence"):
        table.add_column(column, no_wrap=column in ("effect", "kind", "version"), overflow="fold")
    for bundle in catalogue.bundles:
        about = (bundle.manifest.id, bundle.manifest.version, bundle.manifest.licence)
        for entry in bundle.manifest.effects:
            table.add_row(entry.symbol, entry.kind, ", ".join(entry.presets), *about)
    if catalogue.bundles:
        console.print(table)
    else:
        console.print(f"No bundles found. Put one into {user_folder()} or train your own: ddsp-fx train --help")
    for problem in catalogue.problems:
        console.print(f"[bold]skipped[/bold] {escape(printable(problem.place))}: ", end="")
        console.print(printable(problem.reason), markup=False)
