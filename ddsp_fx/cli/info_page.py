# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that `ddsp-fx info` prints: in a musician's words, or with every figure if asked for."""

from __future__ import annotations

import math
from typing import Any

from ddsp_fx.dsp.scaling import hz_to_midi
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.scales import KEYS
from ddsp_fx.files.names import printable

# One unit of the loudness figure in dB (`ddsp-fx evaluate --help`).
LOUDNESS_DB = 80.0


def print_page(effect: Effect, data: dict[str, Any], verbose: bool) -> None:
    """Print the effect's kind, parameters, presets and origin."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[bold]{data['name']}[/bold]  {data['kind'].replace('_', ' ')}")
    if data.get("description"):
        console.print(data["description"], markup=False)
    console.print(f"latency {data['latency_ms']:.0f} ms, tail {data['tail_s']:.1f} s\n")
    console.print(_knobs(effect))
    _print_presets(console, effect, data.get("presets") or {})
    _print_trackers(console, data, verbose)
    if "bundle" in data:
        _print_origin(console, data)
        _print_details(console, data) if verbose else console.print("\nEvery figure: --verbose, or --json")


def note_name(f0_hz: float) -> str:
    """The nearest note in equal temperament, with A4 = 440 Hz."""
    midi = round(float(hz_to_midi(f0_hz)))
    return f"{KEYS[midi % 12]}{midi // 12 - 1}"


def _knobs(effect: Effect) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("parameter", "value", "range", "what it does"):
        table.add_column(column, overflow="fold", no_wrap=column in ("parameter", "value"))
    for symbol, p in effect.parameters.items():
        span = p.range_text.removeprefix("the range is ")
        table.add_row(symbol, p.text(effect.get_value(symbol)), span, p.description or p.name)
    return table


def _print_presets(console: Any, effect: Effect, presets: dict[str, dict[str, Any]]) -> None:
    if presets:
        console.print()
    for preset, values in presets.items():
        known = ((symbol, value) for symbol, value in values.items() if symbol in effect.parameters)
        chosen = ", ".join(f"{symbol}={effect.parameters[symbol].text(value)}" for symbol, value in known)
        console.print(f"preset {preset}: {chosen}", markup=False)


def _print_trackers(console: Any, data: dict[str, Any], verbose: bool) -> None:
    told = data.get("trackers", [])
    if told and not verbose:
        names = ", ".join(tracker["name"] for tracker in told if tracker["name"] != data["tracker"])
        console.print(f"\npitch tracker {data['tracker']}; tracker=NAME chooses another: {names}", markup=False)
    for tracker in told if verbose else []:
        text = tracker.get("problem") or _tracker_text(tracker)
        console.print(f"\ntracker={tracker['name']}: {text}", markup=False, end="")
    if told and verbose:
        console.print(f"\n\nmodel run by: {data['model_runtime']}", markup=False)


def _tracker_text(tracker: dict[str, Any]) -> str:
    span = f"{tracker['f0_min_hz']:.0f} to {tracker['f0_max_hz']:.0f} Hz"
    needs = f"; {tracker['needs']}" if tracker["needs"] else ""
    return f"{tracker['summary']}; {span}, look-ahead {tracker['look_ahead_ms']:.0f} ms{needs}"


def _print_origin(console: Any, data: dict[str, Any]) -> None:
    console.print()
    trained = data["trained_on"]
    # A room neither has a range nor makes mistakes in pitch.
    plays = "tracker" in data
    if trained and plays:
        low, high = trained["f0_min_hz"], trained["f0_max_hz"]
        console.print(f"knows {note_name(low)} to {note_name(high)} ({low:.0f} to {high:.0f} Hz)")
    if plays and (told := _figures_in_words(data["figures"])):
        console.print(f"on recordings that it had not heard: {told}")
    for source in trained["data"] if trained else []:
        text = f"learned from {source['title']}, {source['author']} ({source['licence']}), {source['seconds']:.0f} s"
        console.print(printable(text), markup=False)
    console.print(f"{data['bundle']} {data['version']}, {data['licence']}", markup=False)


def _figures_in_words(figures: dict[str, float | str]) -> str:
    """A trained instrument's held-out figures in words; empty if there are none."""
    known = {name.removeprefix("heldout_"): value for name, value in figures.items() if name.startswith("heldout_")}
    numbers = {name: value for name, value in known.items() if isinstance(value, float) and math.isfinite(value)}
    words = []
    if "f0_l1_semitones" in numbers:
        words.append(f"pitch {100.0 * numbers['f0_l1_semitones']:.0f} cents off on average")
    if "f0_outliers" in numbers:
        words.append(f"{100.0 * numbers['f0_outliers']:.1f} % of the frames by more than half a semitone")
    if "voiced_kept" in numbers:
        words.append(f"{100.0 * numbers['voiced_kept']:.1f} % of the pitched frames kept")
    if "loudness_l1" in numbers:
        words.append(f"loudness {LOUDNESS_DB * numbers['loudness_l1']:.1f} dB off on average")
    return ", ".join(words)


def _print_details(console: Any, data: dict[str, Any]) -> None:
    trained = data["trained_on"]
    console.print(f"\n{data['folder']}; {', '.join(data['authors'])}", markup=False)
    if trained:
        levels = f"{trained['level_low_db']:.0f} to {trained['level_high_db']:.0f} dB ({trained['level']})"
        console.print(f"trained at {trained['sample_rate']} Hz, levels of {levels}, pitch by {trained['tracker']}")
    for name, figure in data["figures"].items():
        told = f"{figure:.4g}" if isinstance(figure, float) else printable(figure)
        console.print(f"  {name} = {told}", markup=False)
