# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs plugins into the folders where hosts look, and the file with the command that starts an engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ddsp_fx import __version__
from ddsp_fx.errors import EngineError
from ddsp_fx.files.replace import write_file
from ddsp_fx_bridge.vst.owned import files_of, put, remove, require_ours

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
    versions, files = versions_installed(), files_installed()
    for target in targets:
        if not (made / target.path.name).exists():
            raise EngineError(f"{made} holds no {target.path.name}; expected what `ddsp-fx vst build` makes")
        require_ours(target.path, str(target.path) in versions)
    try:
        for target in targets:
            put(made / target.path.name, target.path, files.get(str(target.path), ()))
            files[str(target.path)] = files_of(made / target.path.name)
            versions[str(target.path)] = __version__
        _write(engine_file(), "".join(f"{word}\n" for word in engine_words()))
        _write(_versions_file(), json.dumps(versions, indent=2) + "\n")
        _write(_files_file(), json.dumps(files, indent=2) + "\n")
    except OSError as error:
        raise EngineError(f"{error.filename} cannot be written: {error.strerror}") from None


def uninstall(targets: Sequence[Installed]) -> list[Path]:
    """What was removed; with the last plugin goes the file that starts the engine.

    What `install` has not put there stays. Raises EngineError.
    """
    versions, files = versions_installed(), files_installed()
    removed = [target.path for target in targets if target.is_there]
    for path in removed:
        require_ours(path, str(path) in versions)
    versions = {path: version for path, version in versions.items() if Path(path) not in removed}
    try:
        for path in removed:
            remove(path, files.get(str(path), ()))
        if not any(Path(path).exists() for path in versions):
            removed += [file for file in (engine_file(),) if file.exists()]
            engine_file().unlink(missing_ok=True)
            _versions_file().unlink(missing_ok=True)
            _files_file().unlink(missing_ok=True)
        else:
            _write(_versions_file(), json.dumps(versions, indent=2) + "\n")
    except OSError as error:
        raise EngineError(f"{error.filename} cannot be removed: {error.strerror}") from None
    return removed


def versions_installed() -> dict[str, str]:
    """By path, as `install` has noted them."""
    return {path: str(version) for path, version in _noted(_versions_file()).items()}


def files_installed() -> dict[str, list[str]]:
    """The files of each plugin, by its path, as `install` has noted them."""
    return {path: list(map(str, files)) for path, files in _noted(_files_file()).items() if isinstance(files, list)}


def _noted(path: Path) -> dict[str, Any]:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _versions_file() -> Path:
    return data_folder() / "plugins.json"


def _files_file() -> Path:
    return data_folder() / "plugin-files.json"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, text, EngineError)
