# SPDX-License-Identifier: GPL-3.0-or-later
"""run audio files through a chain of effects"""

from __future__ import annotations

import argparse

from ddsp_fx.cli.input_options import add_options, channels, processes

CHAIN_HELP = "name:parameter=value,... joined by |, such as 'violin:pitch_shift=24 | Compressor:ratio=4 | violin-room'"
USAGE = """ddsp-fx apply INPUT OUTPUT CHAIN [options]
       ddsp-fx apply INPUT [INPUT ...] CHAIN --to FOLDER [options]"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.usage = USAGE
    parser.add_argument(
        "words",
        nargs="+",
        metavar="INPUT OUTPUT CHAIN",
        help="INPUT: .wav, .flac, .aiff, .mp3, .ogg and what else libsndfile reads; with --to also folders and "
        "patterns. OUTPUT: .wav, .flac, .aiff, .mp3 or .ogg; it gets the input's rate and bit depth. "
        f"CHAIN: {CHAIN_HELP}; without one, the board that the take of --automation began with",
    )
    _add_many(parser.add_argument_group("many files"))
    _add_automation(parser.add_argument_group("automation"))
    _add_output(parser.add_argument_group("output"))
    add_options(parser.add_argument_group("input"))
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run plugins from any path that a board file or take names, not from the plugin folders alone",
    )
    parser.add_argument("--buffer-size", type=int, default=8192, metavar="N", help="samples a block (default 8192)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no summary")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")


def _add_many(many: argparse._ArgumentGroup) -> None:
    many.add_argument("--to", metavar="FOLDER", help="outputs go here under their inputs' names")
    many.add_argument("--jobs", type=processes, metavar="N", help="processes (default: one for each core)")
    many.add_argument("--suffix", metavar="TEXT", default="", help="added to each name: _wet makes voice_wet.wav")
    many.add_argument("--skip-existing", action="store_true", help="outputs that exist are left, and not made again")
    many.add_argument("--replace", action="store_true", help="outputs that exist are made anew")


def _add_automation(automation: argparse._ArgumentGroup) -> None:
    automation.add_argument(
        "--automation",
        metavar="FILE",
        action="append",
        default=[],
        help=".csv of breakpoints, .jsonl take or .mid of controllers; may be given again",
    )
    automation.add_argument(
        "--midi-cc",
        metavar="MAP",
        action="append",
        default=[],
        help="what a controller of the .mid moves: 74=violin.pitch_shift:-12..12, 2/7=mix, bend=...; repeatable",
    )
    automation.add_argument("--midi-map", metavar="FILE", help="a text file with one such MAP a line")


def _add_output(output: argparse._ArgumentGroup) -> None:
    output.add_argument("--no-tail", action="store_true", help="stop where the input stops")
    output.add_argument("--sample-rate", type=float, metavar="HZ", help="of the output (default: the input's)")
    output.add_argument("--bit-depth", type=int, choices=(16, 24, 32), help="of the output; 32 is float in .wav")
    output.add_argument(
        "--channels",
        type=channels,
        metavar="{1,2,keep}",
        help="of the output; keep: all there are (default: the input's, more than two folded down to stereo)",
    )


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.apply import run

    return run(arguments)
