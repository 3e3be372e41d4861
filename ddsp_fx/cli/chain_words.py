# SPDX-License-Identifier: GPL-3.0-or-later
"""How an unfinished chain can go on: names of effects, their parameters, and what those can be set to."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ddsp_fx.analysis.trackers import TRACKERS
from ddsp_fx.board.native import make_native, native_classes, native_symbols
from ddsp_fx.bundles.discovery import discover
from ddsp_fx.bundles.loading import load
from ddsp_fx.effects.base import Effect
from ddsp_fx.errors import DdspFxError


def chain_words(text: str) -> list[str]:
    """The whole text, gone on with: `violin | vio` -> `violin | violin`, `violin | violin-room` ...

    A name goes on with a colon, `violin:pi` with `violin:pitch_shift=`, `violin:room=` with `violin:room=on` and `off`.
    """
    before, bar, piece = text.rpartition("|")
    here = piece.lstrip()
    lead = before + bar + (piece[: len(piece) - len(here)] or " " * bool(bar and not here))
    return [lead + word for word in _piece_words(here) if word.startswith(here)]


def effect_names() -> list[str]:
    """Every effect that is installed."""
    return discover().symbols()


def preset_names(name: str) -> list[str]:
    """Those of an effect by name; none of anything else."""
    with suppress(DdspFxError):
        bundle, symbol = discover().find(name)
        return list(bundle.entry(symbol).presets)
    return []


def _piece_words(piece: str) -> list[str]:
    name, colon, assignments = piece.partition(":")
    if not colon:
        names = [*effect_names(), *native_classes()]
        # A name that is there in full can go on only with its parameters.
        return [*names, f"{name}:"] if name in names else names
    done, comma, last = assignments.rpartition(",")
    symbol, equals, _ = last.partition("=")
    lead = name + colon + done + comma
    if equals:
        return [f"{lead}{symbol}={value}" for value in _values(name, symbol)]
    given = {part.partition("=")[0].strip() for part in done.split(",")}
    return [f"{lead}{symbol}=" for symbol in _symbols(name) if symbol not in given]


def _symbols(name: str) -> list[str]:
    if name in native_classes():
        return (
            native_symbols(native_classes()[name]) if name == "Convolution" else native_symbols(make_native(name, {}))
        )
    effect = _effect(name)
    if effect is None:
        return []
    extra = ["preset"] if preset_names(name) else []
    return [*effect.parameters, *extra, *(["tracker"] if hasattr(effect, "tracker") else [])]


def _values(name: str, symbol: str) -> Iterable[str]:
    if symbol == "preset":
        return preset_names(name)
    if symbol == "tracker":
        return TRACKERS.names()
    if name in native_classes():
        return _native_choices(name, symbol)
    effect = _effect(name)
    parameter = effect.parameters.get(symbol) if effect is not None else None
    if parameter is None:
        return []
    return ["on", "off"] if parameter.scale == "toggle" else list(parameter.choices)


def _native_choices(name: str, symbol: str) -> list[str]:
    value = getattr(make_native(name, {}), symbol, None)
    return ["on", "off"] if isinstance(value, bool) else list(getattr(type(value), "__members__", {}))


def _effect(name: str) -> Effect | None:
    with suppress(DdspFxError):
        return load(name)
    return None
