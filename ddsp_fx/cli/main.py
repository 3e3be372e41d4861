# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments in, exit code out: 0 done, 1 found wanting (validate), 2 the user's mistake, 130 interrupted.

Ended by another signal it is 128 and the signal's number, as shells have it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ddsp_fx import __version__
from ddsp_fx.cli.extensions import extension_commands, load_command, summary
from ddsp_fx.cli.figure_names import DEFINITIONS
from ddsp_fx.cli.input_options import add_options, channels
from ddsp_fx.cli.stopping import Stopped, stopping_cleanly
from ddsp_fx.errors import DdspFxError
from ddsp_fx.files.names import printable

CHAIN_HELP = "name:parameter=value,... joined by |, such as 'violin:pitch_shift=24 | Compressor:ratio=4 | violin-room'"


def _apply(parser: argparse.ArgumentParser) -> None:
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


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def _info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="an effect, a bundle's folder, or a .tflite file")
    parser.add_argument("--json", action="store_true")


def _validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundles", nargs="*", help="folders, zips, or names of effects (default: all installed)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of bundle.toml and stop")


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = DEFINITIONS
    parser.add_argument("bundle", help="an effect's name, or a bundle's folder or zip")
    parser.add_argument("recordings", help="a folder of audio files, or one file")
    parser.add_argument("--tracker", choices=("swift", "mcleod"), default="swift", help="of the pitch (default swift)")
    parser.add_argument("--preset", metavar="NAME", help="of the effect (default: as it is, in its room)")
    parser.add_argument("--seconds", type=float, metavar="N", help="the last N seconds of each file (default: all)")
    parser.add_argument("--json", action="store_true", help="all figures as JSON, null where nothing can be said")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="where the audio and pictures go")
    parser.add_argument("--replace", action="store_true", help="files of the same names in the folder may be replaced")
    parser.add_argument("--json", action="store_true", help="the measurements as JSON")


def _gallery(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="where index.html, its sounds and its pictures go")
    parser.add_argument("--replace", action="store_true", help="files of the same names in the folder may be replaced")
    parser.add_argument("--seconds", type=float, metavar="S", help="at most S seconds of every sound, 2 or more")
    parser.add_argument("--voice", metavar="FILE", help="a recording of yours in place of the sung phrase")
    parser.add_argument("--recording", metavar="FILE", help="a recording of yours in place of the violin phrase")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")


def _train(parser: argparse.ArgumentParser) -> None:
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


# name -> (summary, its arguments). The module ddsp_fx.cli.<name> is imported only when the command is chosen, so that
# --help costs no more than argparse.
COMMANDS = {
    "apply": ("run audio through a chain of effects", _apply),
    "list": ("the effects that are installed, and bundles that are broken", _list),
    "info": ("one effect: parameters, presets, what it was trained on", _info),
    "validate": ("check bundles: manifest, hashes, models, test vectors, latency, speed", _validate),
    "evaluate": (
        "resynthesise recordings through a bundle's instrument, and measure how near it comes",
        _evaluate,
    ),
    "demo": ("render the shipped effects on the example sounds, with pictures", _demo),
    "gallery": ("one page with every demonstration of the DDSP paper, from what is installed", _gallery),
    "train": ("recordings to a bundle of three effects (needs the [train] extra)", _train),
}


def build_parser(chosen: str = "") -> argparse.ArgumentParser:
    """The parser with every command's arguments; of the commands of other packages only the chosen one's.

    Raises DdspFxError when the chosen command's package is broken.
    """
    parser = argparse.ArgumentParser(
        prog="ddsp-fx", description="Neural instruments, learned rooms and dereverb as audio effects."
    )
    parser.add_argument("--version", action="version", version=f"ddsp-fx {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (line, add_arguments) in COMMANDS.items():
        add_arguments(commands.add_parser(name, help=line, description=line))
    if chosen not in COMMANDS:
        _add_extensions(commands, chosen)
    return parser


def _add_extensions(commands: argparse._SubParsersAction[argparse.ArgumentParser], chosen: str) -> None:
    # A name that is built in wins: what a user has typed for years must not change with what else is installed.
    for name, point in extension_commands().items():
        if name in COMMANDS:
            continue
        line = summary(point)
        parser = commands.add_parser(name, help=line, description=line)
        if name == chosen:
            module = load_command(point)
            module.add_arguments(parser)
            parser.set_defaults(run=module.run)


def _run(argv: Sequence[str]) -> int:
    # No option of the program itself takes a value, so the first word is the command.
    chosen = next((word for word in argv if not word.startswith("-")), "")
    arguments = build_parser(chosen).parse_args(argv)
    run = getattr(arguments, "run", None) or import_module(f"ddsp_fx.cli.{arguments.command}").run
    return int(run(arguments))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a DdspFxError becomes one line on stderr and exit code 2."""
    _any_name_can_be_printed()
    try:
        with stopping_cleanly():
            return _run(sys.argv[1:] if argv is None else argv)
    except DdspFxError as error:
        print(f"ddsp-fx: {printable(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        # After HUP there may be nobody to tell.
        with contextlib.suppress(OSError):
            print("ddsp-fx: interrupted; nothing half-written is left", file=sys.stderr)
        return 128 + error.number if isinstance(error, Stopped) else 130
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`); Python would complain again at exit when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _any_name_can_be_printed() -> None:
    """A file's name may hold what the console's encoding lacks; stderr escapes it, stdout would raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
