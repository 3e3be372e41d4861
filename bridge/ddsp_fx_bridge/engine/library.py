# SPDX-License-Identifier: GPL-3.0-or-later
"""Files by name in one folder: messages may contain a name, but no path."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ddsp_fx.errors import EngineError, RefusedError
from ddsp_fx.files.replace import PREFIX, write_file
from ddsp_fx.leftovers import sweep
from ddsp_fx.names import problem_with

# No separators, no leading dot, and nothing that a shell, a DAW or Windows could misinterpret.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,62}[A-Za-z0-9_-])?")

_LONGEST = 64


class Library:
    """The files of one kind in one folder.

    Args:
        folder: the only folder that is read or written; created with the first file.
        suffix: with its dot.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder, self.suffix = folder, suffix

    def names(self) -> list[str]:
        """The existing names, sorted."""
        try:
            found = sorted(path.name.removesuffix(self.suffix) for path in self.folder.glob(f"*{self.suffix}"))
        except OSError:
            return []
        return [name for name in found if NAME.fullmatch(name)]

    def path(self, name: str) -> Path:
        """The path for a name; raises RefusedError for anything but a plain name."""
        if not NAME.fullmatch(name):
            raise RefusedError(
                403, "", f"{name[:80]!r} is not a plain name; use up to 64 letters, digits, spaces and . _ -"
            )
        if problem := problem_with(name):
            raise RefusedError(403, "", f"{name!r} is not a valid file name: {problem}; choose another")
        return self.folder / f"{name}{self.suffix}"

    def existing(self, name: str) -> Path:
        """The file of that name; raises RefusedError."""
        path = self.path(name)
        if not path.is_file() or path.resolve().parent != self.folder.resolve():
            known = ", ".join(self.names()[:20]) or "none"
            raise RefusedError(404, "", f"there is no {name!r} in {self.folder.name}; it has {known}")
        return path

    def new(self, name: str) -> Path:
        """The path at which to write that name, in a folder that exists; raises RefusedError or EngineError."""
        path = self.path(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(f"{self.folder}: cannot be created: {error.strerror}") from None
        sweep(self.folder, PREFIX)
        return path

    def write(self, name: str, text: str) -> Path:
        """Write the file completely or not at all; raises RefusedError or EngineError."""
        return write_file(self.new(name), text, EngineError)

    def unused(self, name: str) -> Path:
        """A path that replaces nothing: `name`, or NAME-2, NAME-3, ...; raises like `new`."""
        path, number = self.new(name), 1
        while os.path.lexists(path):
            number += 1
            ending = f"-{number}"
            path = self.path(name[: _LONGEST - len(ending)] + ending)
        return path
