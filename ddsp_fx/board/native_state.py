# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts native plugins to plain data and back, for saved boards, copies and pickles."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass
from typing import Any

from ddsp_fx.board.native import (
    is_container,
    is_external,
    is_native,
    make_native,
    native_classes,
    native_symbols,
    native_values,
    set_native,
)
from ddsp_fx.board.plugin_files import HOW_TO_TRUST, load_named_plugin, plugin_path
from ddsp_fx.board.responses import convolution_from_data, convolution_to_data
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import BoardError, ParameterError

# The name of Convolution's argument for its file.
FILE = "impulse_response_filename"
CONTAINERS = ("Chain", "Mix", "Pedalboard")


def native_to_data(plugin: Any) -> Any:
    """The data that `native_from_data` recreates the plugin from; raises BoardError for what cannot be saved."""
    if plugin is None:
        return None
    name = type(plugin).__name__
    if is_container(plugin):
        if name not in CONTAINERS:
            raise BoardError(f"{name} is your own class, which a file cannot describe; use {', '.join(CONTAINERS)}")
        return {"type": "container", "name": name, "slots": [native_to_data(inner) for inner in plugin]}
    if is_external(plugin):
        state = base64.b64encode(plugin.raw_state).decode("ascii")
        # The state does not yet include a value set since the last block, because hosts pass values on with the audio.
        values = native_values(plugin)
        return {"type": "plugin file", "path": plugin_path(plugin), "state": state, "parameters": values}
    if name == "Convolution" and native_classes().get(name) is type(plugin):
        return convolution_to_data(plugin)
    return {"type": "pedalboard", "name": name, "parameters": _kept_values(plugin)}


def _kept_values(plugin: Any) -> dict[str, Value]:
    name = type(plugin).__name__
    if native_classes().get(name) is not type(plugin):
        raise BoardError(f"{name} is your own class, which a file cannot describe; write an Effect and a bundle for it")
    values = native_values(plugin)
    lost = [symbol for symbol in native_symbols(plugin) if symbol not in values]
    if lost:
        raise BoardError(f"{name}.{lost[0]} = {getattr(plugin, lost[0])!r} cannot be saved: not a number or text")
    if isinstance(plugin, _shelves()):
        values["gain_db"] = _asked_gain_db(plugin)
    return values


def _shelves() -> tuple[Any, ...]:
    import pedalboard

    return (pedalboard.LowShelfFilter, pedalboard.HighShelfFilter, pedalboard.PeakFilter)


def _asked_gain_db(plugin: Any) -> float:
    """The shortest decimal number that this gain can have been set to.

    These filters store a factor and report it in dB, both in 32 bits. Set to the reported value, 10.8 dB comes back
    1e-7 off, which changes the output of a shelf at 50 Hz by 2e-6.
    """
    told: float = plugin.gain_db
    twin = type(plugin)()
    for digits in range(8):
        twin.gain_db = round(told, digits)
        if twin.gain_db == told:
            return round(told, digits)
    return told


def native_from_data(data: Any, trust: bool = False) -> Any:
    """Recreate a plugin; raises BoardError, UnknownParameterError, ParameterError; KeyError or TypeError for bad data.

    Args:
        data: from `native_to_data`.
        trust: load a plugin's code, or a response, from any path in the data.
    """
    if data is None:
        return None
    kind = data["type"]
    if kind == "pedalboard":
        if FILE in data["parameters"] and not trust:
            raise BoardError(f"a board may not choose a file to read as an impulse response; {HOW_TO_TRUST}")
        return make_native(str(data["name"]), dict(data["parameters"]))
    if kind == "response":
        return convolution_from_data(data)
    if kind == "container":
        import pedalboard

        if data["name"] not in CONTAINERS:
            raise BoardError(f"unknown container {data['name']!r}; expected {', '.join(CONTAINERS)}")
        return getattr(pedalboard, data["name"])([native_from_data(inner, trust) for inner in data["slots"]])
    if kind == "plugin file":
        return _restored(data, trust)
    raise BoardError(f"unknown slot type {kind!r}; expected effect, pedalboard, container, plugin file or board")


def _restored(data: dict[str, Any], trust: bool) -> Any:
    plugin = load_named_plugin(data["path"], trust)
    try:
        plugin.raw_state = base64.b64decode(data["state"], validate=True)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ParameterError(f"the state of {data['path']} cannot be restored: {error}") from None
    for symbol, value in data.get("parameters", {}).items():
        set_native(plugin, symbol, value)
    return plugin


@dataclass(frozen=True)
class Packed:
    """A native plugin in a form that can be copied and pickled, unlike pedalboard's own objects."""

    data: Any


def packed(plugin: Any) -> Any:
    """A native plugin as Packed, an Effect as it is; raises BoardError."""
    if not is_native(plugin):
        return plugin
    if is_container(plugin) and type(plugin).__name__ in CONTAINERS:
        return Packed([type(plugin).__name__, *(None if inner is None else packed(inner) for inner in plugin)])
    return Packed(native_to_data(plugin))


def unpacked(plugin: Any) -> Any:
    """The inverse of `packed`."""
    if not isinstance(plugin, Packed):
        return plugin
    if isinstance(plugin.data, list):
        import pedalboard

        name, *inner = plugin.data
        return getattr(pedalboard, name)([unpacked(part) for part in inner])
    # The data never left this process, so it is trusted.
    return native_from_data(plugin.data, trust=True)


def copied(plugin: Any) -> Any:
    """An independent plugin with the same values and no audio; raises BoardError if it cannot be copied."""
    return unpacked(packed(plugin)) if is_native(plugin) else copy.deepcopy(plugin)


def native_text(plugin: Any) -> str:
    """An expression that recreates it, with pedalboard's names; pedalboard's own text if there is none."""
    name = type(plugin).__name__
    if is_container(plugin) and name in CONTAINERS:
        # ddsp_fx has a Mix and a Chain of its own.
        return f"pedalboard.{name}([{', '.join(native_text(inner) for inner in plugin)}])"
    if native_classes().get(name) is not type(plugin):
        return repr(plugin)
    if name == "Convolution":
        # A response that was given as an array has no short text.
        file = plugin.impulse_response_filename
        return repr(plugin) if file is None else f"Convolution({file!r}, mix={plugin.mix!r})"
    values = ((symbol, getattr(plugin, symbol)) for symbol in native_values(plugin))
    return f"{name}({', '.join(f'{symbol}={_value_text(value)}' for symbol, value in values)})"


def _value_text(value: Any) -> str:
    is_choice = isinstance(getattr(type(value), "__members__", None), dict)
    return f"{type(value).__qualname__}.{value.name}" if is_choice else repr(value)
