# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of `ddsp-fx` without arguments: the installed effects, and a first command to try."""

from __future__ import annotations

from ddsp_fx.bundles.discovery import discover
from ddsp_fx.cli.list import print_catalogue

FIRST = """
Try one on your own recording, any .wav, .flac, .mp3 or .aiff:

  ddsp-fx apply song.wav out.wav violin-room            a room
  ddsp-fx apply voice.wav out.wav violin:preset=vocal   a voice played on a violin
  ddsp-fx apply stems/*.wav --to wet violin-room        many files
  ddsp-fx info violin                                   its range and all its parameters

All commands: ddsp-fx --help
"""


def welcome() -> int:
    """Returns 0: nothing was asked for, and nothing is wrong."""
    print("Neural instruments, learned rooms and dereverb as audio effects. Installed:\n")
    print_catalogue(discover())
    print(FIRST, end="")
    return 0
