# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugins into the folders where hosts look, and the file from which they start an engine."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ddsp_fx import __version__
from ddsp_fx.errors import EngineError

IDLE_EXIT_S = 60
# Where the formats' own documents say that a user's plugins are, on Linux.
FOLDERS = {"vst3": ".vst3", "lv2": ".lv2", "clap": ".clap"}


@dataclass(frozen=True)
class Installed:
    """A plugin in its place."""

    format: str
    path: Path

    @property
    def is_there(self) -> bool:
        """Whether a host can find it."""
        return self.path.exists()


def places(home: Path, formats: Sequence[str] = tuple(FOLDERS)) -> list[Installed]:
    """Where each format goes; raises EngineError for one that is unknown."""
    unknown = [name for name in formats if name not in FOLDERS]
    if unknown:
        raise EngineError(f"format {unknown[0]!r} is not made; there is {', '.join(FOLDERS)}")
    return [Installed(name, home / FOLDERS[name] / f"ddsp-fx.{name}") for name in formats]


def data_folder() -> Path:
    """The user's, which plugins know too."""
    return platformdirs.user_data_path("ddsp-fx", appauthor=False)


def engine_file() -> Path:
    """What a plugin runs when no engine answers, one word a line."""
    return data_folder() / "engine"


def engine_words() -> list[str]:
    """For this very Python."""
    return [sys.executable, "-m", "ddsp_fx.cli", "serve", "--link", "--idle-exit", str(IDLE_EXIT_S), "--quiet"]


def install(made: Path, targets: Sequence[Installed]) -> None:
    """From the folder with the plugins; raises EngineError, where one is not there before any has changed."""
    for target in targets:
        if not (made / target.path.name).exists():
            raise EngineError(f"{made} holds no {target.path.name}; expected what `ddsp-fx vst build` makes")
    try:
        for target in targets:
            _replace(made / target.path.name, target.path)
        _write(engine_file(), "".join(f"{word}\n" for word in engine_words()))
        versions = {**versions_installed(), **{str(target.path): __version__ for target in targets}}
        _write(_versions_file(), json.dumps(versions, indent=2) + "\n")
    except OSError as error:
        raise EngineError(f"{error.filename} cannot be written: {error.strerror}") from None


def uninstall(targets: Sequence[Installed]) -> list[Path]:
    """What was removed; with the last plugin goes the file that starts the engine."""
    removed = [target.path for target in targets if target.is_there]
    versions = {path: version for path, version in versions_installed().items() if Path(path) not in removed}
    try:
        for path in removed:
            _remove(path)
        if not any(Path(path).exists() for path in versions):
            removed += [file for file in (engine_file(),) if file.exists()]
            engine_file().unlink(missing_ok=True)
            _versions_file().unlink(missing_ok=True)
        else:
            _write(_versions_file(), json.dumps(versions, indent=2) + "\n")
    except OSError as error:
        raise EngineError(f"{error.filename} cannot be removed: {error.strerror}") from None
    return removed


def versions_installed() -> dict[str, str]:
    """By path, as `install` has noted them."""
    try:
        noted = json.loads(_versions_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(path): str(version) for path, version in noted.items()} if isinstance(noted, dict) else {}


def _versions_file() -> Path:
    return data_folder() / "plugins.json"


def _replace(made: Path, target: Path) -> None:
    """A host that scans meanwhile finds the old plugin or the new one, for a moment none, never half of one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new, old = (target.with_name(f".ddsp-fx-{which}-{os.getpid()}") for which in ("new", "old"))
    if made.is_dir():
        shutil.copytree(made, new)
    else:
        shutil.copy2(made, new)
    if target.is_dir():
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old)
    else:
        new.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}-{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
