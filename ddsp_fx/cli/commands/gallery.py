# SPDX-License-Identifier: GPL-3.0-or-later
"""write a page with every demonstration of the DDSP paper, made with the installed effects"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument("folder", help="the folder for index.html, its sounds and its pictures")
    parser.add_argument("--replace", action="store_true", help="overwrite files of the same names in the folder")
    parser.add_argument("--seconds", type=float, metavar="S", help="use at most S seconds of every sound (at least 2)")
    parser.add_argument("--voice", metavar="FILE", help="your own recording instead of the sung phrase")
    parser.add_argument("--recording", metavar="FILE", help="your own recording instead of the violin phrase")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.gallery import run

    return run(arguments)
