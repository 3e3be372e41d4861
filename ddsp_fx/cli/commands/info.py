# SPDX-License-Identifier: GPL-3.0-or-later
"""one effect: parameters, presets, what it was trained on"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument("name", help="an effect, a bundle's folder, or a .tflite file")
    parser.add_argument("--verbose", action="store_true", help="every figure, and the pitch trackers")
    parser.add_argument("--json", action="store_true", help="all of it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.info import run

    return run(arguments)
