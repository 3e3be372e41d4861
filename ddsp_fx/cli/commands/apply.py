# SPDX-License-Identifier: GPL-3.0-or-later
"""run audio files through a chain of effects"""

from __future__ import annotations

import argparse

from ddsp_fx.cli.input_options import add_options, channels, processes

CHAIN_HELP = "name:parameter=value,... joined by |, such as 'violin:pitch_shift=24 | Compressor:ratio=4 | violin-room'"
USAGE = """ddsp-fx apply INPUT OUTPUT CHAIN [options]
       ddsp-fx apply INPUT [INPUT ...] CHAIN --to FOLDER [options]"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.usage = USAGE
    parser.add_argument(
        "words",
        nargs="+",
        metavar="INPUT OUTPUT CHAIN",
        help="INPUT: .wav, .flac, .aiff, .mp3, .ogg or another format that libsndfile reads; with --to also folders "
        "and patterns. OUTPUT: .wav, .flac, .aiff, .mp3 or .ogg, with the input's rate and bit depth. "
        f"CHAIN: {CHAIN_HELP}; without one, the board stored in the take given by --automation",
    )
    _add_many(parser.add_argument_group("many files"))
    add_automation(parser.add_argument_group("automation"))
    _add_output(parser.add_argument_group("output"))
    add_options(parser.add_argument_group("input"))
    parser.add_argument(
        "--trust",
        action="store_true",
        help="allow a board file or take to load plugins from any path, not only from the plugin folders",
    )
    parser.add_argument("--buffer-size", type=int, default=8192, metavar="N", help="samples per block (default 8192)")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, but write nothing")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no summary")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def _add_many(many: argparse._ArgumentGroup) -> None:
    many.add_argument("--to", metavar="FOLDER", help="write the outputs to this folder, under the inputs' names")
    many.add_argument("--jobs", type=processes, metavar="N", help="number of processes (default: one per core)")
    many.add_argument("--suffix", metavar="TEXT", default="", help="add this to each name: _wet makes voice_wet.wav")
    many.add_argument("--skip-existing", action="store_true", help="skip inputs whose output exists already")
    many.add_argument("--replace", action="store_true", help="overwrite outputs that exist already")


def add_automation(automation: argparse._ArgumentGroup) -> None:
    """What moves parameters; `ddsp_fx.cli.apply_automation` reads it back."""
    automation.add_argument(
        "--automation",
        metavar="FILE",
        action="append",
        default=[],
        help="move parameters by a .csv of breakpoints, a .jsonl take or a .mid of controllers; repeatable",
    )
    automation.add_argument(
        "--midi-cc",
        metavar="MAP",
        action="append",
        default=[],
        help="assign a controller of the .mid: 74=violin.pitch_shift:-12..12, 2/7=mix, bend=...; repeatable",
    )
    automation.add_argument("--midi-map", metavar="FILE", help="a text file with one such MAP per line")


def _add_output(output: argparse._ArgumentGroup) -> None:
    output.add_argument("--no-tail", action="store_true", help="cut the output at the input's length")
    output.add_argument(
        "--sample-rate", type=float, metavar="HZ", help="sample rate of the output (default: the input's)"
    )
    output.add_argument(
        "--bit-depth", type=int, choices=(16, 24, 32), help="bit depth of the output; 32 is float in .wav"
    )
    output.add_argument(
        "--channels",
        type=channels,
        metavar="{1,2,keep}",
        help="channels of the output; keep: all of the input's (default: the input's, but at most two)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ddsp_fx.cli.apply import run

    return run(arguments)
