# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by commands that read audio: refusing a damaged file, and reporting one that was used."""

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
    """A refused file's message ends with what the command line offers."""
    try:
        yield
    except DamagedAudioError as error:
        if not getattr(error.loss, "have_s", 0.0):
            raise
        silence = "; --trust-silence, if its silence is meant" if "zeros follow" in str(error) else ""
        raise AudioError(f"{error}; --salvage takes the good part{silence}") from None


def open_input(path: Path, how: Taking) -> InputFile:
    """An input file, refused with the remedy where it is damaged; raises AudioError."""
    with refusal():
        return InputFile(path, taking=how)


def say(remarks: Iterable[str]) -> None:
    """One line each on stderr."""
    for remark in remarks:
        if remark:
            print(f"ddsp-fx: note: {printable(remark)}", file=sys.stderr)


def find_audio(place: Path) -> list[Path]:
    """The file, or the recordings anywhere in a folder; what was passed over is said. Raises AudioError without one."""
    found, passed = audio_in(place)
    say([passed_over(passed, place)])
    return found
