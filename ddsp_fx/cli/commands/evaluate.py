# SPDX-License-Identifier: GPL-3.0-or-later
"""resynthesise recordings through a bundle's instrument, and measure how near it comes"""

from __future__ import annotations

import argparse

from ddsp_fx.analysis.trackers import TRACKERS
from ddsp_fx.cli.figure_names import DEFINITIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = DEFINITIONS
    parser.add_argument("bundle", help="an effect's name, or a bundle's folder or zip")
    parser.add_argument("recordings", help="a folder of audio files, or one file")
    parser.add_argument(
        "--tracker",
        metavar="NAME",
        default="swift",
        help=f"of the pitch: {', '.join(TRACKERS.names())} (default swift)",
    )
    parser.add_argument("--preset", metavar="NAME", help="of the effect (default: as it is, in its room)")
    parser.add_argument("--seconds", type=float, metavar="N", help="the last N seconds of each file (default: all)")
    parser.add_argument("--json", action="store_true", help="all figures as JSON, null where nothing can be said")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.evaluate import run

    return run(arguments)
