# SPDX-License-Identifier: GPL-3.0-or-later
"""run audio through a chain of effects"""

from __future__ import annotations

import argparse

from ddsp_fx.cli.input_options import add_options, channels

CHAIN_HELP = "name:parameter=value,... joined by |, such as 'violin:pitch_shift=24 | Compressor:ratio=4 | violin-room'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument("input", help=".wav, .flac, .aiff, .mp3, .ogg and what else libsndfile reads")
    parser.add_argument("output", help=".wav, .flac, .aiff, .mp3 or .ogg; the input's rate and bit depth")
    parser.add_argument("chain", nargs="?", help=f"{CHAIN_HELP}; without one, the board that the take began with")
    parser.add_argument(
        "--automation",
        metavar="FILE",
        action="append",
        default=[],
        help=".csv of breakpoints, .jsonl take or .mid of controllers; may be given again",
    )
    parser.add_argument(
        "--midi-cc",
        metavar="MAP",
        action="append",
        default=[],
        help="what a controller of the .mid moves: 74=violin.pitch_shift:-12..12, 2/7=mix, bend=...; repeatable",
    )
    parser.add_argument("--midi-map", metavar="FILE", help="a text file with one such MAP a line")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run plugins from any path that a board file or take names, not from the plugin folders alone",
    )
    parser.add_argument("--no-tail", action="store_true", help="stop where the input stops")
    parser.add_argument("--sample-rate", type=float, metavar="HZ", help="of the output (default: the input's)")
    parser.add_argument("--bit-depth", type=int, choices=(16, 24, 32), help="of the output; 32 is float in .wav")
    parser.add_argument(
        "--channels",
        type=channels,
        metavar="{1,2,keep}",
        help="of the output; keep: all there are (default: the input's, more than two folded down to stereo)",
    )
    parser.add_argument("--buffer-size", type=int, default=8192, metavar="N", help="samples a block (default 8192)")
    add_options(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no summary")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.apply import run

    return run(arguments)
