# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs, replaces and removes a plugin in a host's folder file by file, and leaves other files alone."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from ddsp_fx.errors import EngineError

_NEW, _OLD = ".ddsp-fx-new-", ".ddsp-fx-old-"


def require_ours(target: Path, is_noted: bool) -> None:
    """Raises EngineError for a place with something that `install` did not put there."""
    if not os.path.lexists(target):
        return
    if target.is_symlink():
        raise EngineError(f"{target}: is a link, which is left unchanged; remove it, and install again")
    if not is_noted:
        raise EngineError(f"{target}: was not installed by this command, and is left unchanged; move it away first")


def files_of(plugin: Path) -> list[str]:
    """The paths of all files in a plugin; [""] for one that is itself a file."""
    if not plugin.is_dir():
        return [""]
    inside = (path for path in plugin.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(plugin).as_posix() for path in inside)


def put(made: Path, target: Path, known: Sequence[str]) -> None:
    """Copy `made` to the target. A scanning host finds the old plugin, the new one, or briefly none, never a mixture.

    Args:
        made: the plugin as it was built.
        target: where hosts scan.
        known: the installed plugin's files, from `files_of`; any other files there are moved into the new plugin.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    new, old = (target.with_name(which + secrets.token_hex(4)) for which in (_NEW, _OLD))
    if not made.is_dir():
        shutil.copy2(made, new)
        new.replace(target)
        return
    shutil.copytree(made, new)
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    new.rename(target)
    _carry_over(old, target, {*known, *files_of(made)})


def _carry_over(old: Path, target: Path, ours: set[str]) -> None:
    for name in files_of(old):
        if name in ours:
            (old / name).unlink()
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (old / name).rename(target / name)
    shutil.rmtree(old)


def remove(target: Path, known: Sequence[str]) -> bool:
    """Remove a plugin's own files, and its folders if they are then empty; True if nothing is left."""
    for name in known or files_of(target):
        path = target / name if name else target
        path.unlink(missing_ok=True)
    if target.is_dir() and not target.is_symlink():
        folders = sorted((path for path in target.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True)
        for folder in [*folders, target]:
            if not any(folder.iterdir()):
                folder.rmdir()
    return not os.path.lexists(target)
