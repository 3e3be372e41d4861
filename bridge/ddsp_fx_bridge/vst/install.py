# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs plugins into the folders that hosts scan, and a file with the command that starts an engine."""

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
# The folders for a user's plugins on Linux, by the formats' own documents.
FOLDERS = {"vst3": ".vst3", "lv2": ".lv2", "clap": ".clap"}


@dataclass(frozen=True)
class Installed:
    """A plugin's place in a host's folder."""

    format: str
    path: Path

    @property
    def is_there(self) -> bool:
        """Whether it exists."""
        return self.path.exists()


def places(home: Path, formats: Sequence[str] = tuple(FOLDERS)) -> list[Installed]:
    """The place for each format; raises EngineError for an unknown one."""
    unknown = [name for name in formats if name not in FOLDERS]
    if unknown:
        raise EngineError(f"format {unknown[0]!r} is unknown; choose from {', '.join(FOLDERS)}")
    return [Installed(name, home / FOLDERS[name] / f"ddsp-fx.{name}") for name in formats]


def data_folder() -> Path:
    """The user's data folder, whose path plugins know too."""
    return platformdirs.user_data_path("ddsp-fx", appauthor=False)


def engine_file() -> Path:
    """The file with the command that a plugin runs when no engine answers, one word per line."""
    return data_folder() / "engine"


def latency_file() -> Path:
    """The file with the user's choice of the link's latency in ms, one number."""
    return data_folder() / "link-latency"


def engine_words() -> list[str]:
    """That command, for the current Python."""
    return [sys.executable, "-m", "ddsp_fx.cli", "serve", "--link", "--idle-exit", str(IDLE_EXIT_S), "--quiet"]


def install(made: Path, targets: Sequence[Installed]) -> None:
    """Install from the folder with the plugins; raises EngineError, before any change if a plugin is missing."""
    versions, files = versions_installed(), files_installed()
    for target in targets:
        if not (made / target.path.name).exists():
            raise EngineError(f"{made} contains no {target.path.name}; expected the output of `ddsp-fx vst build`")
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
    """Remove plugins and return their paths; with the last one, remove the files that plugins read.

    Leaves everything that `install` did not create. Raises EngineError.
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
            ours = [file for file in (engine_file(), latency_file()) if file.exists()]
            for file in ours:
                file.unlink()
            removed += ours
            _versions_file().unlink(missing_ok=True)
            _files_file().unlink(missing_ok=True)
        else:
            _write(_versions_file(), json.dumps(versions, indent=2) + "\n")
    except OSError as error:
        raise EngineError(f"{error.filename} cannot be removed: {error.strerror}") from None
    return removed


def versions_installed() -> dict[str, str]:
    """The version of each plugin by path, as recorded by `install`."""
    return {path: str(version) for path, version in _noted(_versions_file()).items()}


def files_installed() -> dict[str, list[str]]:
    """The files of each plugin by its path, as recorded by `install`."""
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
