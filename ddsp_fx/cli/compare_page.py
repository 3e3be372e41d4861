# SPDX-License-Identifier: GPL-3.0-or-later
"""What `ddsp-fx compare` prints for people."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ddsp_fx.analysis.side_by_side import ALIKE
from ddsp_fx.files.names import printable


def print_page(report: dict[str, Any]) -> None:
    """Both files in two columns, then B against A."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name, side in (("A", report["a"]), ("B", report["b"])):
        table.add_column(f"{name}: {printable(Path(side['file']).name)}", overflow="fold")
    columns = _rows(report["a"]), _rows(report["b"])
    for word in columns[0]:
        table.add_row(word, columns[0][word], columns[1][word])
    console.print(table)
    console.print()
    if report["identical"]:
        console.print("identical: every sample is the same")
        return
    pairs = Table(box=None, pad_edge=False, show_header=False)
    for row in _differences(report):
        pairs.add_row(*row)
    console.print(pairs)
    console.print(f"\nB's spectrum against A's, by octave:\n{_octaves(report['octaves_db'])}")


def _rows(side: dict[str, Any]) -> dict[str, str]:
    return {
        "length": f"{side['duration_s']:.3f} s",
        "sample rate": f"{side['sample_rate_hz']:g} Hz",
        "channels": str(side["channels"]),
        "RMS": _dbfs(side["rms_dbfs"]),
        "peak": _dbfs(side["peak_dbfs"]),
        "pitched": f"{100.0 * side['pitched']:.0f} %",
    }


def _dbfs(level: float) -> str:
    return "silent" if math.isinf(level) else f"{level:.1f} dBFS"


def _differences(report: dict[str, Any]) -> list[tuple[str, str]]:
    correlation = report["correlation"]
    return [
        ("time", _offset(report["offset_samples"], report["offset_ms"])),
        ("gain", _known(report["gain_db"], "{:+.2f} dB", "one is silent")),
        ("correlation", _known(correlation, "{:.4f}", "one is silent or never moves") + _polarity(correlation)),
        ("null test", _null(report["null_db"])),
        ("pitch", _pitch(report)),
        ("largest difference", _largest(report)),
    ]


def _known(value: float, form: str, otherwise: str) -> str:
    return otherwise if math.isnan(value) else form.format(value)


def _offset(samples: int | None, ms: float) -> str:
    if samples is None:
        return "unknown: the waveforms have too little in common"
    if not samples:
        return "B and A lie at the same time"
    return f"B is {abs(ms):.2f} ms ({abs(samples)} samples) {'later' if samples > 0 else 'earlier'} than A"


def _polarity(correlation: float) -> str:
    return ", polarity inverted" if correlation <= -ALIKE else ""


def _null(null_db: float) -> str:
    if math.isnan(null_db):
        return "one is silent or never moves"
    if math.isinf(null_db):
        return "nothing is left of B once A is taken out, at the best gain and offset"
    return f"{round(null_db, 1) + 0.0:.1f} dB of B are left once A is taken out, at the best gain and offset"


def _pitch(report: dict[str, Any]) -> str:
    if math.isnan(report["pitch_cents"]):
        return "no frames where both have one"
    return f"{report['pitch_cents']:+.0f} cents, {report['pitch_deviation_cents']:.0f} cents around that"


def _largest(report: dict[str, Any]) -> str:
    value = report["largest_difference"]
    if math.isnan(value):
        return "no samples to compare: rates or channels differ"
    if not value:
        return "none as far as both go; one is longer"
    return f"{value:.3g} ({20.0 * math.log10(value):.1f} dBFS) at {report['largest_difference_at_s']:.3f} s"


def _octaves(octaves: dict[str, float]) -> str:
    names = [f"{float(hz) / 1000.0:g}k" if float(hz) >= 1000.0 else f"{float(hz):.0f}" for hz in octaves]
    levels = ["-" if not math.isfinite(db) else f"{round(db, 1) + 0.0:+.1f}" for db in octaves.values()]
    return "\n".join("".join(f"{cell:>7}" for cell in row) for row in (["Hz", *names], ["dB", *levels]))
