# SPDX-License-Identifier: GPL-3.0-or-later
"""compare two recordings: time, level, spectrum, pitch, sample by sample"""

from __future__ import annotations

import argparse

from ddsp_fx.analysis.trackers import TRACKERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument("first", metavar="A", help="the reference: the sound before, or somebody else's mix")
    parser.add_argument("second", metavar="B", help="the sound after, or yours; differences are B's against A")
    parser.add_argument(
        "--out",
        metavar="FILE.png",
        help="draw both spectrograms, their difference and the pitch (needs the extra plots)",
    )
    parser.add_argument("--replace", action="store_true", help="overwrite the picture if it exists")
    parser.add_argument(
        "--tracker",
        metavar="NAME",
        default="mcleod",
        help=f"the pitch tracker: {', '.join(TRACKERS.names())} (default mcleod)",
    )
    parser.add_argument("--salvage", action="store_true", help="use the good part of a damaged file")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON; null where one has no value")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.compare import run

    return run(arguments)
