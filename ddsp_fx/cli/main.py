# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and returns its exit code.

0: done. 1: a check failed (validate), there was nothing to compare (evaluate), or some files failed (apply). 2: a
user's error. 130: interrupted; after another signal, 128 plus the signal's number, as in shells.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence

from ddsp_fx import __version__
from ddsp_fx.cli.any_order import AnyOrder
from ddsp_fx.cli.registry import commands, load_command, summary
from ddsp_fx.cli.stopping import Stopped, stopping_cleanly
from ddsp_fx.errors import DdspFxError, did_you_mean
from ddsp_fx.files.names import printable


def build_parser(chosen: str = "", of_commands: type[argparse.ArgumentParser] = AnyOrder) -> argparse.ArgumentParser:
    """The parser with one line per command, and the arguments of the chosen command only.

    Args:
        chosen: a command's name.
        of_commands: the class of the commands' parsers.

    Raises DdspFxError if there is no such command, or if its package is broken.
    """
    known = commands(chosen)
    if chosen and chosen not in known:
        hint = did_you_mean(chosen, known)
        raise DdspFxError(f"no command is called {chosen!r:.80}{hint}; `ddsp-fx --help` shows them all")
    parser = argparse.ArgumentParser(
        prog="ddsp-fx", description="Neural instruments, learned rooms and dereverb as audio effects."
    )
    parser.add_argument("--version", action="version", version=f"ddsp-fx {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=of_commands)
    for name, point in known.items():
        # With a command chosen, the summaries of the others are not read.
        line = summary(point) if chosen in ("", name) else ""
        command = choices.add_parser(name, help=line, description=line)
        if name == chosen:
            module = load_command(point)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def _run(argv: Sequence[str]) -> int:
    # The program's own options take no values, so the first word is the command.
    chosen = next((word for word in argv if not word.startswith("-")), "")
    if not argv:
        from ddsp_fx.cli.welcome import welcome

        return welcome()
    arguments = build_parser(chosen).parse_args(argv)
    return int(arguments.run(arguments))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. A DdspFxError becomes one line on stderr and exit code 2."""
    if "_ARGCOMPLETE" in os.environ:
        from ddsp_fx.cli.completion import answer

        answer(build_parser)
    _any_name_can_be_printed()
    try:
        with stopping_cleanly():
            return _run(sys.argv[1:] if argv is None else argv)
    except DdspFxError as error:
        print(f"ddsp-fx: {printable(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        # After HUP, stderr may be closed.
        with contextlib.suppress(OSError):
            print("ddsp-fx: interrupted; no incomplete files are left", file=sys.stderr)
        return 128 + error.number if isinstance(error, Stopped) else 130
    except BrokenPipeError:
        # The reader of the pipe has gone (`| head`). Otherwise Python would complain again when it flushes stdout at
        # exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _any_name_can_be_printed() -> None:
    """File names may contain characters that the console's encoding lacks; stderr escapes them, stdout would raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
