# SPDX-License-Identifier: GPL-3.0-or-later
"""show an effect: parameters, presets, what it was trained on"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument("name", help="an effect's name, a bundle's folder, or a .tflite file")
    parser.add_argument("--verbose", action="store_true", help="also every figure, and the pitch trackers")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.info import run

    return run(arguments)
