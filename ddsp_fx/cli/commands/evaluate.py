# SPDX-License-Identifier: GPL-3.0-or-later
"""resynthesise recordings with a bundle's instrument, and measure how close it comes"""

from __future__ import annotations

import argparse

from ddsp_fx.analysis.trackers import TRACKERS
from ddsp_fx.cli.figure_names import DEFINITIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = DEFINITIONS
    parser.add_argument("bundle", help="an effect's name, or a bundle's folder or zip")
    parser.add_argument("recordings", help="a folder of audio files, or one file")
    parser.add_argument(
        "--tracker",
        metavar="NAME",
        default="swift",
        help=f"the pitch tracker: {', '.join(TRACKERS.names())} (default swift)",
    )
    parser.add_argument(
        "--preset", metavar="NAME", help="a preset of the effect (default: none; the instrument in its room)"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="use only the last N seconds of each file (default: all)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print all figures as JSON; null where a figure has no value"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.evaluate import run

    return run(arguments)
