# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the arguments of `ddsp-fx apply` into pairs of input and output files, before any audio is read."""

from __future__ import annotations

import glob
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from ddsp_fx.cli.apply_rig import Job
from ddsp_fx.cli.audio_files import say
from ddsp_fx.errors import AudioError
from ddsp_fx.files.folder import audio_in, passed_over
from ddsp_fx.files.names import printable
from ddsp_fx.files.writer import WRITABLE

USAGE = "write INPUT OUTPUT CHAIN, or INPUT [INPUT ...] CHAIN --to FOLDER"
# Suffixes of formats that are written with another suffix.
_WRITTEN_AS = {".aif": ".aiff", ".aifc": ".aiff", ".oga": ".ogg"}

# What separates folders, on any system, and what ends a name.
_NOT_IN_NAMES = "/\\:\0"


def plan(arguments: Namespace) -> list[Job]:
    """The jobs; sets `arguments.chain`. Raises AudioError for wrong words or for outputs that already exist."""
    words = list(arguments.words)
    if arguments.to is None:
        if not 2 <= len(words) <= 3:
            raise AudioError(f"{_counted(words)}: {USAGE}")
        _check_single(arguments)
        arguments.chain = words[2] if len(words) == 3 else None
        return [Job(Path(words[0]), Path(words[1]))]
    arguments.chain = None if _is_take(arguments) and _inputs_of(words[-1]) else words.pop()
    if not words:
        raise AudioError(f"--to {printable(arguments.to)} needs an input and a chain: {USAGE}")
    return _outputs(words, Path(arguments.to), arguments)


def _check_single(arguments: Namespace) -> None:
    """Raises AudioError for options that only apply to --to: `--skip-existing` ignored would overwrite a file."""
    options = {"--suffix": arguments.suffix, "--skip-existing": arguments.skip_existing}
    ignored = [option for option, value in options.items() if value]
    if ignored:
        raise AudioError(f"{ignored[0]} needs --to FOLDER; without it, OUTPUT is the file's name")


def _counted(words: list[str]) -> str:
    return "one word is given" if len(words) == 1 else f"{len(words)} words are given, and no --to FOLDER"


def _is_take(arguments: Namespace) -> bool:
    """Whether a take provides the board, so that the last word may be a file."""
    return any(Path(path).suffix.lower() == ".jsonl" for path in arguments.automation)


def _inputs_of(word: str) -> list[Path]:
    """The existing files and folders of that name or pattern. Windows shells do not expand patterns."""
    if Path(word).exists():
        return [Path(word)]
    # Path.glob does not accept absolute patterns.
    found = sorted(glob.glob(word, recursive=True)) if glob.has_magic(word) else []  # noqa: PTH207
    return [Path(name) for name in found]


def _recordings(words: Iterable[str]) -> Iterator[tuple[Path, Path]]:
    """Each recording, and its path relative to the folder in which it was found."""
    for word in words:
        places = _inputs_of(word)
        if not places:
            raise AudioError(f"{printable(word)}: no such file, folder or pattern; {USAGE}")
        for place in places:
            found, passed = audio_in(place)
            say([passed_over(passed, place)])
            yield from ((path, path.relative_to(place) if place.is_dir() else Path(path.name)) for path in found)


def _outputs(words: list[str], folder: Path, arguments: Namespace) -> list[Job]:
    if folder.exists() and not folder.is_dir():
        raise AudioError(f"--to {printable(folder)} is a file; give a folder")
    if arguments.skip_existing and arguments.replace:
        raise AudioError("--skip-existing keeps outputs that exist, --replace overwrites them; give one of the two")
    if bad := next((letter for letter in arguments.suffix if letter in _NOT_IN_NAMES), None):
        raise AudioError(f"--suffix {printable(arguments.suffix)}: a file's name cannot hold {bad!r}")
    jobs = [Job(path, folder / _named(below, arguments.suffix)) for path, below in _recordings(words)]
    _check_distinct(jobs)
    there = [job for job in jobs if job.output.exists()]
    if there and not (arguments.skip_existing or arguments.replace):
        raise AudioError(
            f"{len(there)} of {len(jobs)} outputs exist already, such as {printable(there[0].output)}; "
            f"--skip-existing keeps them, --replace overwrites them"
        )
    return jobs


def _named(below: Path, suffix: str) -> Path:
    """The output's name: the input's, with the suffix of a format that can be written."""
    ending = below.suffix.lower()
    ending = _WRITTEN_AS.get(ending, ending if ending in WRITABLE else ".wav")
    return below.with_name(f"{below.stem}{suffix}{below.suffix if ending == below.suffix.lower() else ending}")


def _check_distinct(jobs: list[Job]) -> None:
    """Raises AudioError if two inputs have the same output, or an output would replace an input."""
    inputs = {job.input.resolve() for job in jobs}
    taken: dict[str, Path] = {}
    for job in jobs:
        # On file systems that ignore case, two names that differ only in case are one file.
        first = taken.setdefault(str(job.output).casefold(), job.input)
        if first is not job.input:
            raise AudioError(
                f"{printable(first)} and {printable(job.input)} have the same output {printable(job.output)}; run "
                f"two commands, with two folders"
            )
        if job.output.resolve() in inputs:
            raise AudioError(
                f"{printable(job.output)} is one of the inputs, which it would replace; give another --to, or --suffix"
            )
