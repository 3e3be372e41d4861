# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by commands that read audio: refuses damaged files, and reports those that were used anyway."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ddsp_fx.errors import AudioError, DamagedAudioError
from ddsp_fx.files.folder import audio_in, passed_over
from ddsp_fx.files.input import InputFile, Taking, read_mono
from ddsp_fx.files.names import printable
from ddsp_fx.files.writer import Output, check_output, output_file

__all__ = [
    "InputFile", "Output", "check_output", "find_audio", "open_input", "output_file", "read_mono", "refusal", "say",
]  # fmt: skip


@contextmanager
def refusal() -> Iterator[None]:
    """Context that appends the command line's remedies to the message of a refused file."""
    try:
        yield
    except DamagedAudioError as error:
        if not getattr(error.loss, "have_s", 0.0):
            raise
        silence = "; --trust-silence, if its silence is meant" if "zeros follow" in str(error) else ""
        raise AudioError(f"{error}; --salvage uses the good part{silence}") from None


def open_input(path: Path, how: Taking) -> InputFile:
    """Open an input file; raises AudioError, with the remedy if the file is damaged."""
    with refusal():
        return InputFile(path, taking=how)


def say(remarks: Iterable[str]) -> None:
    """Print each remark on a line of stderr."""
    for remark in remarks:
        if remark:
            print(f"ddsp-fx: note: {printable(remark)}", file=sys.stderr)


def find_audio(place: Path) -> list[Path]:
    """The file, or all recordings in a folder; prints what was skipped. Raises AudioError if there is none."""
    found, passed = audio_in(place)
    say([passed_over(passed, place)])
    return found
