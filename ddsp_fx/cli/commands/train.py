# SPDX-License-Identifier: GPL-3.0-or-later
"""recordings to a bundle of three effects (needs the [train] extra)"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument("recordings", help="a folder of one instrument, one line at a time, in one room")
    parser.add_argument("--name", help="the bundle's name; effects become NAME, NAME-room, NAME-dry")
    parser.add_argument("--out", metavar="DIR", help="the bundle goes to DIR/NAME (default: the user's bundle folder)")
    parser.add_argument("--run-dir", metavar="DIR", help="checkpoints and previews (default: runs/NAME)")
    parser.add_argument("--decoder", metavar="NAME", help="tiny (default), compact, full, or one that is installed")
    parser.add_argument(
        "--encoder", metavar="NAME", help="what listens in training: none (default), z, unsupervised, or one installed"
    )
    parser.add_argument("--loss", metavar="NAME", help="spectral (default), or one that is installed")
    parser.add_argument(
        "--sample-rate",
        type=int,
        choices=(16000, 32000, 48000),
        help="of the model, in Hz: half of it is its highest overtone (default: as high as the recordings sound)",
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after this many minutes of training")
    parser.add_argument("--steps", type=int, metavar="N", help="stop after this many audio steps")
    parser.add_argument("--config", metavar="TOML", help="a recipe; options given here win over it")
    parser.add_argument("--author", help="whose recordings these are, for the card")
    parser.add_argument("--licence", help="the licence of the recordings, for the card")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint of --run-dir")
    parser.add_argument("--check", action="store_true", help="check the recordings and stop")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.train import run

    return run(arguments)
