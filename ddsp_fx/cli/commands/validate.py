# SPDX-License-Identifier: GPL-3.0-or-later
"""check bundles: manifest, hashes, models, test vectors, latency, speed"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument("bundles", nargs="*", help="folders, zips, or names of effects (default: all installed)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of bundle.toml and stop")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.validate import run

    return run(arguments)
