# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads an effect by any name: its symbol, a bundle's path, or a ddsp-vst model file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ddsp_fx.analysis.trackers import check_tracker
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.discovery import discover, open_bundle
from ddsp_fx.bundles.kinds import effect_kind
from ddsp_fx.bundles.manifest import MANIFEST_NAME
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Value
from ddsp_fx.effects.source import Source, Trained
from ddsp_fx.errors import BundleError, ModelError, UnknownEffectError
from ddsp_fx.inference.control_model import ControlModel
from ddsp_fx.inference.litert import load_runner
from ddsp_fx.inference.metadata import read_ddsp_vst_metadata

if TYPE_CHECKING:
    from ddsp_fx.bundles.shipped import DryInstrument, Instrument, LearnedRoom
    from ddsp_fx.effects.dereverb import Dereverb
    from ddsp_fx.effects.learned_reverb import LearnedReverb
    from ddsp_fx.effects.timbre_transfer import TimbreTransfer

# Exports of magenta/ddsp-vst have 60 harmonics for 16 kHz or 100 for 48 kHz.
_HARMONICS_AT_48K = 100


@overload
def load(
    name: Instrument,
    *,
    preset: str | None = None,
    tracker: str | None = None,
    paths: Iterable[Path | str] = (),
    **values: Value,
) -> TimbreTransfer: ...
@overload
def load(
    name: LearnedRoom,
    *,
    preset: str | None = None,
    tracker: str | None = None,
    paths: Iterable[Path | str] = (),
    **values: Value,
) -> LearnedReverb: ...
@overload
def load(
    name: DryInstrument,
    *,
    preset: str | None = None,
    tracker: str | None = None,
    paths: Iterable[Path | str] = (),
    **values: Value,
) -> Dereverb: ...
@overload
def load(
    name: str | Path,
    *,
    preset: str | None = None,
    tracker: str | None = None,
    paths: Iterable[Path | str] = (),
    **values: Value,
) -> Effect: ...
def load(
    name: str | Path,
    *,
    preset: str | None = None,
    tracker: str | None = None,
    paths: Iterable[Path | str] = (),
    **values: Value,
) -> Effect:
    """Load an effect, ready to be prepared or called.

    Args:
        name: "violin", "org.example.violin/violin", a bundle folder or zip (add "#symbol" where it has several
            effects), or a magenta/ddsp-vst `.tflite` file.
        preset: one of the effect's presets.
        tracker: the pitch tracker: "mcleod" (the default, 32 ms of look-ahead), "swift" (304 ms, for noisy recordings;
            needs the [pitch] extra), "ddsp-vst:PATH" for that project's own extractor, or one from another package.
        paths: further places to look for bundles, searched first.
        values: parameters by symbol.

    Raises UnknownEffectError (with a suggestion), BundleError, ModelError, or ParameterError.
    """
    path = Path(str(name).partition("#")[0])
    if path.suffix == ".tflite":
        return load_ddsp_vst(path, tracker, **values)
    bundle, symbol = find_bundle(str(name), paths)
    effect = bundle.make(symbol, preset, tracker, **values)
    if path.suffix == ".zip" or bundle.folder == path:
        effect.origin = f"{path.resolve()}#{symbol}"
    return effect


def find_bundle(name: str, paths: Iterable[Path | str] = ()) -> tuple[Bundle, str]:
    """The bundle and symbol behind a name or a path. A bare word is an effect's name first, then a folder here.

    Raises UnknownEffectError or BundleError.
    """
    bundle, symbol = locate(name, paths)
    return bundle, symbol or _only_symbol(bundle)


def locate(name: str, paths: Iterable[Path | str] = ()) -> tuple[Bundle, str]:
    """Like `find_bundle`, but the symbol is "" for a folder or zip that was named without one.

    Raises UnknownEffectError or BundleError.
    """
    place, _, symbol = name.partition("#")
    path = Path(place)
    if path.suffix == ".zip" or (_is(path.is_dir) and len(path.parts) > 1):
        return open_bundle(path), symbol
    try:
        return discover(paths).find(name)
    except UnknownEffectError:
        if not _is((path / MANIFEST_NAME).is_file):
            raise
    return open_bundle(path), symbol


def _is(question: Callable[[], bool]) -> bool:
    """The answer, or False for a name that is too long or otherwise invalid for the file system."""
    try:
        return question()
    except (OSError, ValueError):
        return False


def _only_symbol(bundle: Bundle) -> str:
    symbols = [entry.symbol for entry in bundle.manifest.effects]
    if len(symbols) > 1:
        choices = " or ".join(f"{bundle.folder}#{symbol}" for symbol in symbols)
        raise BundleError(f"{bundle.folder} has {len(symbols)} effects; choose {choices}")
    return symbols[0]


def load_ddsp_vst(path: Path, tracker: str | None = None, **values: Value) -> Effect:
    """A timbre transfer around a model file of magenta/ddsp-vst, its ranges from the embedded metadata.

    Raises ModelError that names the missing tensor when the file is something else.
    """
    if not _is(path.is_file):
        raise ModelError(f"{path}: no such model file")
    if tracker:
        check_tracker(tracker)
    model = ControlModel(load_runner(path))
    span = read_ddsp_vst_metadata(path)
    rate = 48000 if model.n_harmonics >= _HARMONICS_AT_48K else 16000
    trained = Trained(sample_rate=rate)
    if span:
        middle = (span.level_min_db + span.level_max_db) / 2.0
        trained = Trained(
            "power", span.f0_min_hz, span.f0_max_hz, span.level_min_db, middle, span.level_max_db, sample_rate=rate
        )
    options = {"tracker": tracker} if tracker else {}
    effect = effect_kind("timbre_transfer").from_source(Source({"model": path}, trained, options, label=path.stem))
    effect.name = path.stem
    effect.origin = str(path)
    effect.set_values(values)
    return effect
