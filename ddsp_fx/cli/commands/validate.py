# SPDX-License-Identifier: GPL-3.0-or-later
"""check bundles: manifest, hashes, models, test vectors, latency, speed"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument("bundles", nargs="*", help="folders, zips, or names of effects (default: all installed)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of bundle.toml and stop")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.validate import run

    return run(arguments)
