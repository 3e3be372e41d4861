# SPDX-License-Identifier: GPL-3.0-or-later
"""VST3s and Audio Units from their files, with the path kept so that a saved board finds them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from ddsp_fx.errors import BoardError

# A plugin that pedalboard has loaded does not tell where it came from.
_paths: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def load_plugin(path: str | Path) -> Any:
    """A plugin file through pedalboard; raises BoardError."""
    import pedalboard

    place = str(Path(path).resolve())
    if not Path(place).exists():
        raise BoardError(f"{path}: cannot be loaded as a plugin: no such file")
    try:
        plugin = pedalboard.load_plugin(place)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise BoardError(f"{path}: cannot be loaded as a plugin: {str(error).splitlines()[0]}") from None
    _paths[plugin] = place
    return plugin


def plugin_path(plugin: Any) -> str:
    """Where a loaded plugin came from; raises BoardError for one that pedalboard loaded from an unusual place."""
    if plugin in _paths:
        return _paths[plugin]
    for place in type(plugin).installed_plugins:
        if Path(place).stem == plugin.name:
            return str(place)
    raise BoardError(
        f"the plugin {plugin.name!r} was loaded from a place that pedalboard does not tell; "
        "load it with ddsp_fx.load_plugin(path) and the board can be saved"
    )
