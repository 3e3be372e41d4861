# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the recordings in a folder, and reports the other files. Every command uses this."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ddsp_fx.errors import AudioError
from ddsp_fx.files.names import printable

# Suffixes that are searched for in folders; a file that is named explicitly may have any.
SUFFIXES = (
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".aiff", ".aif", ".aifc", ".caf", ".au", ".mp3", ".ogg",
    ".oga", ".opus",
)  # fmt: skip
COMMON = (".wav", ".flac", ".aiff", ".aif", ".mp3", ".ogg")
_BACKUPS = ("~", ".bak", ".backup", ".old", ".orig", ".tmp", ".part", ".crdownload")
# Folders that systems and network storage add to a user's folders, some of them with deleted files.
_OF_SYSTEMS = (
    "__macosx", "@eadir", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "recycler", "system volume information",
    "lost+found",
)  # fmt: skip
_MOST_NAMED = 8
_LITTER = ("hidden", "an AppleDouble twin", "a backup", "not audio")


@dataclass(frozen=True)
class Passed:
    """A file that was skipped in a folder of recordings, and the reason."""

    path: Path
    reason: str


def audio_in(place: Path) -> tuple[list[Path], list[Passed]]:
    """The file itself, or all readable audio files in a folder, sorted; and the files that were skipped.

    Hidden files and folders, AppleDouble twins, backups, empty files and files without audio are skipped.
    Raises AudioError if nothing is left.
    """
    if place.is_file():
        return [place], []
    if not place.is_dir():
        there = place.exists() or place.is_symlink()
        what = "is neither a file nor a folder of recordings" if there else "no such file or folder of recordings"
        raise AudioError(f"{printable(place)}: {what}")
    found: list[Path] = []
    passed: list[Passed] = []
    for path in _walk(place, passed):
        reason = _why_not(path, place)
        if reason:
            passed.append(Passed(path, reason))
        else:
            found.append(path)
    if not found:
        raise AudioError(_nothing(place, passed))
    return found, passed


def _walk(place: Path, passed: list[Passed]) -> list[Path]:
    def unreadable(error: OSError) -> None:
        passed.append(Passed(Path(str(error.filename)), f"cannot be listed: {error.strerror}"))

    found = []
    for folder, folders, names in os.walk(place, onerror=unreadable):
        found += [Path(folder, name) for name in names]
        # Not followed: a link may lead back here, or to the same recordings again.
        linked = [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]
        passed += [Passed(path, "a link to a folder; name that folder itself") for path in linked]
    return sorted(found)


def _why_not(path: Path, place: Path) -> str:
    """The reason to skip a file; empty for a recording."""
    name, inside = path.name, path.relative_to(place).parts[:-1]
    if name.startswith("._"):
        return "an AppleDouble twin"
    if name.startswith(".") or any(part.startswith(".") or part.lower() in _OF_SYSTEMS for part in inside):
        return "hidden"
    if name.lower().endswith(_BACKUPS):
        return "a backup"
    if path.suffix.lower() not in SUFFIXES:
        return "not audio"
    if not path.is_file():
        return "a dangling link" if path.is_symlink() else "not a regular file"
    return _unreadable(path)


def _unreadable(path: Path) -> str:
    from ddsp_fx.files.reader import AudioReader

    try:
        with AudioReader(path, salvage=True, trust_silence=True) as file:
            if not file.read(1).shape[1]:
                return "none of its sound can be read"
    except AudioError as error:
        return str(error).removeprefix(f"{printable(path)}: ")
    return ""


def passed_over(passed: Sequence[Passed], root: Path | None = None) -> str:
    """One line for people; empty if nothing was skipped."""
    if not passed:
        return ""
    # If not all can be named, an unreadable recording must not hide behind unimportant files.
    order = passed if len(passed) <= _MOST_NAMED else sorted(passed, key=lambda item: item.reason in _LITTER)
    named = [f"{_short(item.path, root)} ({item.reason})" for item in order[:_MOST_NAMED]]
    more = f" and {len(passed) - _MOST_NAMED} more" if len(passed) > _MOST_NAMED else ""
    return f"skipped {len(passed)} file{'s' * (len(passed) > 1)}: {', '.join(named)}{more}"


def _short(path: Path, root: Path | None) -> str:
    return printable(path.relative_to(root) if root is not None and path.is_relative_to(root) else path)


def _nothing(place: Path, passed: Iterable[Passed]) -> str:
    passed = list(passed)
    name, expected = printable(place), ", ".join(COMMON)
    if not passed:
        return f"{name}: the folder is empty; put recordings into it ({expected})"
    broken = [item for item in passed if item.path.suffix.lower() in SUFFIXES]
    if broken:
        return f"{name}: contains no usable recording; {passed_over(broken, place)}"
    return f"{name}: contains {len(passed)} files but no audio; expected {expected}"
