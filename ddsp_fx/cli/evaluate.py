# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx evaluate`: measures how closely a bundle reproduces recordings of its instrument."""

from __future__ import annotations

import math
from argparse import Namespace
from pathlib import Path
from typing import Any

from ddsp_fx.analysis.trackers import DEFAULT_TRACKER, open_tracker
from ddsp_fx.bundles import evaluation
from ddsp_fx.bundles.loading import locate
from ddsp_fx.cli.audio_files import say
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.errors import AudioError, MissingExtraError
from ddsp_fx.files.folder import audio_in, passed_over
from ddsp_fx.files.input import InputFile, Taking, read_mono
from ddsp_fx.files.names import printable

# Figure -> the column's heading, its factor and its digits; shares are shown in per cent. Headings are narrow, so that
# the whole table fits into 80 characters.
COLUMNS = {
    "seconds": ("s", 1, 1),
    "f0_l1_semitones": ("f0\nL1", 1, 3),
    "f0_l1_all_semitones": ("f0 L1\nall", 1, 3),
    "f0_outliers": ("out-\nliers\n%", 100, 1),
    "voiced_kept": ("kept\n%", 100, 1),
    "paper_f0_l1_semitones": ("paper\nf0 L1", 1, 3),
    "paper_f0_outliers": ("paper\nout-\nliers %", 100, 1),
    "loudness_l1": ("loud-\nness\nL1", 1, 3),
    "spectral_loss": ("spec-\ntral\nloss", 1, 2),
    "out_of_range": ("out of\nrange\n%", 100, 1),
    "times_real_time": ("x real\ntime", 1, 1),
}


def run(arguments: Namespace) -> int:
    """Print a row per recording and a total, as a table or JSON. Returns 1 if no recording had a note to compare."""
    if arguments.seconds is not None and not arguments.seconds > 0:
        raise AudioError(f"--seconds {arguments.seconds:g} must be above 0")
    subject = evaluation.Subject.of(*locate(arguments.bundle), arguments.tracker, arguments.preset)
    place = Path(arguments.recordings)
    paths, passed = audio_in(place)
    _require_tracker(arguments.tracker)
    say([passed_over(passed, place)])
    evaluated, remarks = _evaluate_all(subject, paths, arguments.seconds)
    report = {
        "bundle": subject.bundle.manifest.id,
        "effect": subject.symbol,
        "tracker": subject.tracker,
        "preset": subject.preset,
        "recordings": [{"recording": str(p), **evaluation.summary([e])} for p, e in evaluated.items()],
        "total": evaluation.summary(list(evaluated.values())),
        "remarks": remarks,
        "passed_over": {str(item.path): item.reason for item in passed},
    }
    print_json(_plain(report)) if arguments.json else _print_table(report)
    return 0 if any(item.notes for item in evaluated.values()) else 1


def _require_tracker(name: str) -> None:
    try:
        open_tracker(name)
    except MissingExtraError as error:
        raise MissingExtraError(f"{error}, or use --tracker {DEFAULT_TRACKER}") from None


def _evaluate_all(
    subject: evaluation.Subject, paths: list[Path], last_s: float | None
) -> tuple[dict[Path, evaluation.Evaluated], list[str]]:
    """Every file's figures, and remarks on files that are damaged or have many channels."""
    evaluated: dict[Path, evaluation.Evaluated] = {}
    remarks: list[str] = []
    with progress_bar("evaluating", _seconds(paths, last_s)) as advance:
        for path in paths:
            audio, rate_hz = read_mono(path, last_s=last_s, salvage=True, tell=remarks.append)
            evaluated[path] = evaluation.evaluate(subject, audio, rate_hz, advance)
            if not evaluated[path].notes:
                remarks.append(
                    f"{printable(path)}: no clear pitch in {audio.size / rate_hz:.3g} s, so no pitch figures"
                )
    say(remarks)
    return evaluated, remarks


def _seconds(paths: list[Path], last_s: float | None) -> float | None:
    """The seconds to process. Opens every file first, to find an unreadable one before minutes are spent."""
    whole_s = 0.0
    for path in paths:
        with InputFile(path, taking=Taking(channels=1, salvage=True)) as file:
            if file.frames is None:
                return None
            seconds = file.frames / file.sample_rate
            whole_s += seconds if last_s is None else min(seconds, last_s)
    return whole_s


def _plain(data: Any) -> Any:
    """Replace NaN, which JSON does not have."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(item) for item in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _print_table(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("recording", overflow="fold")
    for heading, _, _ in COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report["recordings"]:
        table.add_row(escape(printable(Path(row["recording"]).name)), *_cells(row))
    table.add_section()
    table.add_row("total", *_cells(report["total"]))
    console = Console()
    preset = f", preset {report['preset']}" if report["preset"] else ""
    title = f"{report['bundle']}/{report['effect']}, tracker {report['tracker']}{preset}"
    console.print(title, markup=False, highlight=False)
    console.print(table)
    console.print("`ddsp-fx evaluate --help` defines each figure.", highlight=False)


def _cells(row: dict[str, float]) -> list[str]:
    shown = ((row[name] * factor, digits) for name, (_, factor, digits) in COLUMNS.items())
    return [f"{value:.{digits}f}" if math.isfinite(value) else "-" for value, digits in shown]
