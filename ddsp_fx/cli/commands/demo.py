# SPDX-License-Identifier: GPL-3.0-or-later
"""render the shipped effects on the example sounds, with pictures"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument("folder", help="the folder for the audio and pictures")
    parser.add_argument("--replace", action="store_true", help="overwrite files of the same names in the folder")
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.demo import run

    return run(arguments)
