# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx info`: shows one effect in full."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ddsp_fx.analysis.trackers import describe_trackers
from ddsp_fx.board.native import class_symbols, native_classes
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.loading import find_bundle, load
from ddsp_fx.cli.info_page import print_page
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.instrument import InstrumentEffect
from ddsp_fx.errors import UnknownEffectError

REFERENCE_RATE_HZ = 48000


def run(arguments: Namespace) -> int:
    """Print a page for people, or JSON. Latency and tail are those of the prepared effect at 48 kHz."""
    if arguments.name in native_classes():
        symbols = ", ".join(class_symbols(native_classes()[arguments.name]))
        raise UnknownEffectError(f"{arguments.name} is pedalboard's own, see its documentation; parameters: {symbols}")
    effect = load(arguments.name)
    bundle = None if arguments.name.endswith(".tflite") else find_bundle(arguments.name)[0]
    data = as_data(effect, bundle)
    if arguments.json:
        print_json(data)
    else:
        print_page(effect, data, arguments.verbose)
    return 0


def as_data(effect: Effect, bundle: Bundle | None) -> dict[str, Any]:
    """Everything known about the effect, as plain data."""
    effect.prepare(REFERENCE_RATE_HZ)
    data: dict[str, Any] = {
        "name": effect.name,
        "kind": effect.kind,
        "latency_ms": 1000.0 * effect.latency_samples / REFERENCE_RATE_HZ,
        "tail_s": effect.tail_samples / REFERENCE_RATE_HZ,
        "parameters": [{**p.describe(), "value": effect.get_value(s)} for s, p in effect.parameters.items()],
    }
    if isinstance(effect, InstrumentEffect):
        data |= {"tracker": effect.tracker, "trackers": describe_trackers(), "model_runtime": effect.model_runtime}
    if bundle:
        manifest = bundle.manifest
        entry = bundle.entry(effect.name)
        data |= {
            "description": entry.description,
            "presets": entry.presets,
            "bundle": manifest.id,
            "version": manifest.version,
            "licence": manifest.licence,
            "authors": manifest.authors,
            "folder": str(bundle.folder),
            "trained_on": manifest.trained_on.model_dump() if manifest.trained_on else None,
            "figures": manifest.figures,
        }
    return data
