# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx validate`: checks bundles."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from ddsp_fx.bundles.discovery import discover, open_bundle
from ddsp_fx.bundles.loading import locate
from ddsp_fx.bundles.manifest import json_schema
from ddsp_fx.bundles.validation import ValidationReport, validate_bundle
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.errors import DdspFxError
from ddsp_fx.files.names import printable


def run(arguments: Namespace) -> int:
    """Returns exit code 0 if every check of every bundle passed, else 1."""
    if arguments.schema:
        print_json(json_schema())
        return 0
    reports = [_report(name) for name in arguments.bundles] if arguments.bundles else _installed()
    if arguments.json:
        print_json([report.as_data() for report in reports])
    else:
        for report in reports:
            _print(report)
    if not reports:
        print("no bundles found")
    return 0 if all(report.passed for report in reports) else 1


def _installed() -> list[ValidationReport]:
    catalogue = discover()
    broken = [ValidationReport.broken(str(problem.place), problem.reason) for problem in catalogue.problems]
    return broken + [validate_bundle(bundle) for bundle in catalogue.bundles]


def _report(name: str) -> ValidationReport:
    place = Path(name)
    is_path = place.exists() or len(place.parts) > 1
    try:
        return validate_bundle(open_bundle(place) if is_path else locate(name)[0])
    except DdspFxError as error:
        return ValidationReport.broken(name, str(error))


def _print(report: ValidationReport) -> None:
    from rich.console import Console
    from rich.markup import escape

    console: Any = Console()
    console.print(f"[bold]{escape(printable(report.label))}[/bold]", highlight=False)
    for check in report.checks:
        mark = "[green]pass[/green]" if check.passed else "[red]FAIL[/red]"
        console.print(f"  {mark}  {check.name}: ", end="", highlight=False)
        console.print(printable(check.detail), markup=False, highlight=False)
