# SPDX-License-Identifier: GPL-3.0-or-later
"""one page with every demonstration of the DDSP paper, from what is installed"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument("folder", help="where index.html, its sounds and its pictures go")
    parser.add_argument("--replace", action="store_true", help="files of the same names in the folder may be replaced")
    parser.add_argument("--seconds", type=float, metavar="S", help="at most S seconds of every sound, 2 or more")
    parser.add_argument("--voice", metavar="FILE", help="a recording of yours in place of the sung phrase")
    parser.add_argument("--recording", metavar="FILE", help="a recording of yours in place of the violin phrase")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.gallery import run

    return run(arguments)
