# SPDX-License-Identifier: GPL-3.0-or-later
"""list the installed effects, and bundles that are broken"""

from __future__ import annotations

import argparse

from ddsp_fx.extensions import by_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    kinds = by_name("ddsp_fx.effects")
    parser.add_argument("--kind", metavar="KIND", help=f"only effects of this kind: {', '.join(sorted(kinds))}")
    parser.add_argument("--json", action="store_true", help="print JSON, with presets, bundles, versions and licences")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.list import run

    return run(arguments)
