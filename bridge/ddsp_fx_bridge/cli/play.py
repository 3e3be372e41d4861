# SPDX-License-Identifier: GPL-3.0-or-later
"""play a file through a chain of effects (needs the [live] extra)"""

from __future__ import annotations

import argparse

from ddsp_fx.cli.commands.apply import CHAIN_HELP, add_automation
from ddsp_fx.cli.input_options import add_options, channels


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument("input", metavar="FILE", help="any format that `ddsp-fx apply` reads")
    parser.add_argument(
        "chain",
        nargs="?",
        metavar="CHAIN",
        help=f"{CHAIN_HELP}; without one, the board stored in the take given by --automation, or the file as it is",
    )
    parser.add_argument("--device", metavar="NAME", help="the audio device, by part of its name or by number")
    parser.add_argument("--from", dest="start", type=float, default=0.0, metavar="S", help="start S seconds in")
    parser.add_argument("--to", dest="end", type=float, metavar="S", help="end the input S seconds in")
    parser.add_argument("--no-tail", action="store_true", help="stop where the input ends")
    add_automation(parser.add_argument_group("automation"))
    reading = parser.add_argument_group("input")
    reading.add_argument(
        "--sample-rate", type=float, metavar="HZ", help="sample rate (default: the file's, or the device's own)"
    )
    reading.add_argument(
        "--channels", type=channels, metavar="{1,2,keep}", help="channels (default: the file's, but at most two)"
    )
    add_options(reading)
    parser.add_argument(
        "--trust",
        action="store_true",
        help="allow a board file or take to load plugins from any path, not only from the plugin folders",
    )
    parser.add_argument("--buffer-size", type=int, default=1024, metavar="N", help="samples per block (default 1024)")
    parser.add_argument("--quiet", action="store_true", help="do not show the position")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx_bridge.cli.playing import run

    return run(arguments)
