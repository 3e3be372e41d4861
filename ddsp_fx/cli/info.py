# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx info`: one effect in full."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ddsp_fx.analysis.trackers import describe_trackers
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.loading import find_bundle, load
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.instrument import InstrumentEffect

REFERENCE_RATE_HZ = 48000


def run(arguments: Namespace) -> int:
    """A page for people, or JSON. Latency and tail are measured facts of a prepared effect at 48 kHz."""
    effect = load(arguments.name)
    bundle = None if arguments.name.endswith(".tflite") else find_bundle(arguments.name)[0]
    data = as_data(effect, bundle)
    if arguments.json:
        print_json(data)
    else:
        _print_page(data)
    return 0


def as_data(effect: Effect, bundle: Bundle | None) -> dict[str, Any]:
    """Everything there is to know, as plain data."""
    effect.prepare(REFERENCE_RATE_HZ)
    data: dict[str, Any] = {
        "name": effect.name,
        "kind": effect.kind,
        "latency_ms": 1000.0 * effect.latency_samples / REFERENCE_RATE_HZ,
        "tail_s": effect.tail_samples / REFERENCE_RATE_HZ,
        "parameters": [{**p.describe(), "value": effect.get_value(s)} for s, p in effect.parameters.items()],
    }
    if isinstance(effect, InstrumentEffect):
        data |= {"tracker": effect.tracker, "trackers": describe_trackers()}
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


def _print_page(data: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{data['name']}[/bold]  {data['kind']}", highlight=False)
    if data.get("description"):
        console.print(data["description"], markup=False)
    console.print(f"latency {data['latency_ms']:.1f} ms, tail {data['tail_s']:.2f} s at 48 kHz\n", highlight=False)
    table = Table(box=None, pad_edge=False)
    for column in ("parameter", "value", "range", "what it does"):
        table.add_column(column, overflow="fold")
    for p in data["parameters"]:
        table.add_row(p["symbol"], _value(p), _range(p), p["description"])
    console.print(table)
    for preset, values in (data.get("presets") or {}).items():
        chosen = ", ".join(f"{symbol}={value}" for symbol, value in values.items())
        console.print(f"\npreset [bold]{preset}[/bold]: {chosen}", highlight=False, end="")
    _print_trackers(console, data)
    _print_origin(console, data)


def _print_trackers(console: Any, data: dict[str, Any]) -> None:
    for tracker in data.get("trackers", []):
        if "problem" in tracker:
            text = tracker["problem"]
        else:
            span = f"{tracker['f0_min_hz']:.0f} to {tracker['f0_max_hz']:.0f} Hz"
            text = f"{tracker['summary']}; {span}, look-ahead {tracker['look_ahead_ms']:.0f} ms"
            text += f"; {tracker['needs']}" if tracker["needs"] else ""
        console.print(f"\ntracker={tracker['name']}: {text}", highlight=False, markup=False, end="")


def _print_origin(console: Any, data: dict[str, Any]) -> None:
    if "bundle" not in data:
        return
    console.print(f"\n\n{data['bundle']} {data['version']}, {data['licence']}", highlight=False, markup=False)
    trained = data.get("trained_on")
    for source in trained["data"] if trained else []:
        text = f"learned from: {source['title']}, {source['author']} ({source['licence']}), {source['seconds']:.0f} s"
        console.print(text, highlight=False, markup=False)
    if trained:
        span = f"{trained['f0_min_hz']:.0f} to {trained['f0_max_hz']:.0f} Hz"
        levels = f"{trained['level_low_db']:.0f} to {trained['level_high_db']:.0f} dB ({trained['level']})"
        console.print(f"knows {span}, {levels}; trained at {trained['sample_rate']} Hz", highlight=False)
    for name, figure in data["figures"].items():
        console.print(f"  {name} = {figure}", highlight=False, markup=False)


def _value(p: dict[str, Any]) -> str:
    if p["scale"] == "toggle":
        return "on" if p["value"] else "off"
    return str(p["value"]) if p["scale"] == "choices" else f"{p['value']:g} {p['unit']}".rstrip()


def _range(p: dict[str, Any]) -> str:
    if p["scale"] == "toggle":
        return "on | off"
    return " | ".join(p["choices"]) if p["choices"] else f"{p['minimum']:g} to {p['maximum']:g}"
