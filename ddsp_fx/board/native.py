# SPDX-License-Identifier: GPL-3.0-or-later
"""pedalboard's own plugins and the VST3s that it loads: their list, and their parameters by name."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import BoardError, ParameterError, did_you_mean, unknown_parameter

# Changing one of these while audio runs restarts the plugin or changes its latency (pedalboard 0.9.26).
_FIXED = {
    "BrickwallLimiter": frozenset({"lookahead_ms", "true_peak"}),
    "MP3Compressor": frozenset({"vbr_quality"}),
    "Resample": frozenset({"target_sample_rate", "quality"}),
}
# pedalboard accepts values outside, and then runs out of memory or never stops sounding.
_LIMITS = {("Resample", "target_sample_rate"): (100.0, 384000.0)}


def is_native(plugin: object) -> bool:
    """Whether pedalboard itself would process the object."""
    from pedalboard import Plugin

    return isinstance(plugin, Plugin)


def is_external(plugin: object) -> bool:
    """Whether pedalboard loaded the plugin from a file."""
    from pedalboard import ExternalPlugin

    return isinstance(plugin, ExternalPlugin)


def is_container(plugin: object) -> bool:
    """Whether the plugin is pedalboard's Chain, Pedalboard or Mix."""
    from pedalboard import Chain, Mix

    return isinstance(plugin, (Chain, Mix))


def leaves(plugin: Any) -> Iterator[Any]:
    """The plugins inside pedalboard's containers, at any depth; for any other plugin, the plugin itself."""
    if not is_container(plugin):
        yield plugin
        return
    for inner in plugin:
        # pedalboard accepts None as a plugin that does nothing.
        if inner is not None:
            yield from leaves(inner)


@functools.cache
def native_classes() -> dict[str, Any]:
    """pedalboard's own audio plugins by class name, without containers and plugins from files."""
    import pedalboard

    abstract = (pedalboard.Plugin, pedalboard.IIRFilter)
    others = (pedalboard.ExternalPlugin, pedalboard.PluginContainer)
    return {
        name: kind
        for name, kind in vars(pedalboard).items()
        if isinstance(kind, type)
        and issubclass(kind, pedalboard.Plugin)
        and not issubclass(kind, others)
        and kind not in abstract
    }


def native_class(name: str) -> Any:
    """The only place that turns a name into a class of pedalboard's; raises BoardError."""
    known = native_classes()
    if name not in known:
        raise BoardError(f"pedalboard has no plugin {name!r}{did_you_mean(name, known)}")
    return known[name]


def native_symbols(plugin: Any) -> list[str]:
    """The names of the parameters that can be set on a native plugin."""
    if hasattr(plugin, "parameters"):
        return sorted(plugin.parameters)
    return class_symbols(type(plugin))


def class_symbols(kind: type) -> list[str]:
    """The names of the parameters of one of pedalboard's own plugins, by its class."""
    members = ((name, getattr(kind, name, None)) for name in dir(kind))
    return sorted(n for n, m in members if isinstance(m, property) and m.fset and not n.startswith("_"))


def native_values(plugin: Any) -> dict[str, Value]:
    """A native plugin's parameters as plain values; the value of a choice, such as LadderFilter.mode, is its name."""
    values = {symbol: getattr(plugin, symbol) for symbol in native_symbols(plugin)}
    plain = {s: v.name if _is_choice(v) else v for s, v in values.items()}
    return {s: v for s, v in plain.items() if isinstance(v, (bool, int, float, str))}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_choice(value: Any) -> bool:
    return isinstance(getattr(type(value), "__members__", None), dict)


def set_native(plugin: Any, symbol: str, value: Value) -> None:
    """Set a parameter, checked first: pedalboard silently accepts a wrong name on a loaded VST3.

    Raises UnknownParameterError or ParameterError.
    """
    name = type(plugin).__name__
    if symbol not in native_symbols(plugin):
        raise unknown_parameter(name, symbol, native_symbols(plugin))
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f"{name}.{symbol} = {value} is not a finite number")
    low, high = _LIMITS.get((name, symbol), (-math.inf, math.inf))
    if isinstance(value, (int, float)) and not low <= value <= high:
        raise ParameterError(f"{name}.{symbol} = {value!r:.40} is out of range; the range is {low:g} to {high:g}")
    if isinstance(value, str) and not is_external(plugin) and _is_number(getattr(plugin, symbol)):
        raise ParameterError(f"{name}.{symbol} = {value!r:.80} is not a number")
    try:
        setattr(plugin, symbol, _chosen(plugin, symbol, value))
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ParameterError(f"{name}.{symbol} = {value!r:.80} was refused: {str(error).splitlines()[0]}") from None


def _chosen(plugin: Any, symbol: str, value: Value) -> Any:
    """The name of a choice -> pedalboard's value for it."""
    before = None if is_external(plugin) else getattr(plugin, symbol)
    if not (isinstance(value, str) and _is_choice(before)):
        return value
    members: dict[str, Any] = type(before).__members__  # type: ignore[union-attr]
    if value not in members:
        raise ValueError(f"it is one of {', '.join(members)}{did_you_mean(value, members)}")
    return members[value]


def fixed_symbols(plugin: Any) -> frozenset[str]:
    """The parameters that cannot change while audio runs."""
    return next((_FIXED[kind.__name__] for kind in type(plugin).__mro__ if kind.__name__ in _FIXED), frozenset())


def is_fixed(plugin: Any, symbol: str) -> bool:
    """Whether the parameter is one of `fixed_symbols`."""
    return symbol in fixed_symbols(plugin)


def make_native(class_name: str, values: dict[str, Value]) -> Any:
    """Make a pedalboard plugin by class name; raises BoardError, UnknownParameterError, ParameterError."""
    kind = native_class(class_name)
    if class_name == "Convolution" and set(values) <= {"impulse_response_filename", "mix"}:
        return _convolution(values)
    try:
        plugin = kind()
    except TypeError:
        return _construct(kind, values)
    for symbol, value in values.items():
        set_native(plugin, symbol, value)
    return plugin


def _convolution(values: dict[str, Value]) -> Any:
    """Reads the file like all audio: pedalboard returns zeros where it cannot decode, and reads devices for ever."""
    from ddsp_fx.board.responses import convolution_of_file

    if "impulse_response_filename" not in values:
        raise BoardError("Convolution needs impulse_response_filename=FILE")
    mix = values.get("mix", 1.0)
    if isinstance(mix, str) or not 0.0 <= mix <= 1.0:
        raise ParameterError(f"Convolution.mix = {mix!r} is out of range; the range is 0 to 1")
    return convolution_of_file(values["impulse_response_filename"], float(mix))


def _construct(kind: Any, values: dict[str, Value]) -> Any:
    """Make a plugin whose constructor needs an argument, such as Convolution's impulse response."""
    try:
        return kind(**values)
    except (TypeError, ValueError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        raise ParameterError(f"{kind.__name__} cannot be made with {values}: {first}") from None
