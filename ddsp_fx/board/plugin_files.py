# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads VST3s and Audio Units, and remembers their paths so that a saved board finds them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from ddsp_fx.errors import BoardError

# Plugins loaded by pedalboard do not report where they came from.
_paths: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
HOW_TO_TRUST = "trust the board (trust=True, or --trust of apply and serve)"


def load_plugin(path: str | Path) -> Any:
    """Load a plugin file with pedalboard, which runs its code: load only files you trust. Raises BoardError."""
    import pedalboard

    try:
        place = str(Path(path).resolve())
        exists = Path(place).exists()
    except (OSError, ValueError) as error:
        raise BoardError(f"{str(path)[:200]!r}: not a path of a plugin: {error}") from None
    if not exists:
        raise BoardError(f"{path}: cannot be loaded as a plugin: no such file")
    try:
        plugin = pedalboard.load_plugin(place)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise BoardError(f"{path}: cannot be loaded as a plugin: {str(error).splitlines()[0]}") from None
    _paths[plugin] = place
    return plugin


def load_named_plugin(path: str, trust: bool) -> Any:
    """The plugin that a board names. Without trust, only its name counts: the plugin installed under it is loaded.

    Raises BoardError if it is not in the system's plugin folders, or cannot be loaded.
    """
    if not isinstance(path, str):
        raise BoardError(f"a plugin's path is text, got {type(path).__name__}")
    if trust:
        return load_plugin(path)
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    for place in installed_plugins():
        if name and Path(place).name == name:
            return load_plugin(place)
    raise BoardError(
        f"the plugin {path[:200]!r} is not in this system's plugin folders, and a board may not run other code; "
        f"install it there, or {HOW_TO_TRUST}"
    )


def installed_plugins() -> list[str]:
    """The paths of all plugins in the system's plugin folders."""
    import pedalboard

    kinds = [getattr(pedalboard, name, None) for name in ("VST3Plugin", "AudioUnitPlugin")]
    return [str(place) for kind in kinds if kind is not None for place in kind.installed_plugins]


def plugin_path(plugin: Any) -> str:
    """The path a plugin was loaded from; raises BoardError if pedalboard loaded it from an unusual place."""
    if plugin in _paths:
        return _paths[plugin]
    for place in type(plugin).installed_plugins:
        if Path(place).stem == plugin.name:
            return str(place)
    raise BoardError(
        f"the plugin {plugin.name!r} was loaded from a place that pedalboard does not report; "
        "load it with ddsp_fx.load_plugin(path) and the board can be saved"
    )
