# SPDX-License-Identifier: GPL-3.0-or-later
"""Options for reading input files. Imports nothing heavy, so that --help stays fast."""

from __future__ import annotations

import argparse
from argparse import Namespace
from typing import TYPE_CHECKING

from ddsp_fx.errors import AudioError

if TYPE_CHECKING:
    from ddsp_fx.files.input import Taking


def add_options(parser: argparse._ActionsContainer) -> None:
    """Add the options; `taking` reads them back."""
    parser.add_argument(
        "--salvage", action="store_true", help="use the good part of a damaged or cut input (default: refuse it)"
    )
    parser.add_argument(
        "--trust-silence",
        action="store_true",
        help="accept zeros at the input's end as silence, even if they begin abruptly",
    )
    parser.add_argument(
        "--encoder-delay",
        type=int,
        metavar="N",
        help="samples to drop from the front of an MP3 that doesn't state its encoder's delay",
    )


def channels(text: str) -> int | str:
    """Parse --channels: 1, 2 or keep."""
    if text not in ("1", "2", "keep"):
        raise argparse.ArgumentTypeError(f"{text!r} is not 1, 2 or keep")
    return text if text == "keep" else int(text)


def processes(text: str) -> int:
    """Parse --jobs."""
    if not (text.isdecimal() and 1 <= int(text) <= 256):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes, 1 to 256")
    return int(text)


def taking(arguments: Namespace, aligned: bool = False) -> Taking:
    """The options as a `Taking`, with its field `aligned`; raises AudioError for an impossible delay."""
    from ddsp_fx.files.input import Taking

    delay: int | None = arguments.encoder_delay
    if delay is not None and not 0 <= delay <= 10_000:
        raise AudioError(f"--encoder-delay {delay} is outside 0 to 10000 samples")
    return Taking(
        arguments.channels, arguments.sample_rate, arguments.salvage, arguments.trust_silence, delay, aligned=aligned
    )
