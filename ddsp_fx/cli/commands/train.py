# SPDX-License-Identifier: GPL-3.0-or-later
"""train a bundle of three effects from recordings (needs the [train] extra)"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument("recordings", help="a folder of recordings: one instrument, one note at a time, in one room")
    parser.add_argument("--name", help="the bundle's name; its effects are NAME, NAME-room and NAME-dry")
    parser.add_argument("--out", metavar="DIR", help="write the bundle to DIR/NAME (default: in your bundle folder)")
    parser.add_argument("--run-dir", metavar="DIR", help="the folder for checkpoints and previews (default: runs/NAME)")
    parser.add_argument("--decoder", metavar="NAME", help="tiny (default), compact, full, or one from another package")
    parser.add_argument(
        "--encoder", metavar="NAME", help="none (default), z, unsupervised, or one from another package"
    )
    parser.add_argument("--loss", metavar="NAME", help="spectral (default), or one from another package")
    parser.add_argument(
        "--sample-rate",
        type=int,
        choices=(16000, 32000, 48000),
        help="sample rate of the model; its highest overtone is half of it (default: chosen from the recordings)",
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after this many minutes of training")
    parser.add_argument("--steps", type=int, metavar="N", help="stop after this many steps of the audio stage")
    parser.add_argument("--config", metavar="TOML", help="a recipe; options on the command line override it")
    parser.add_argument("--author", help="the author of the recordings, for the card")
    parser.add_argument("--licence", help="the licence of the recordings, for the card")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint in --run-dir")
    parser.add_argument("--check", action="store_true", help="check the recordings and stop")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.train import run

    return run(arguments)
