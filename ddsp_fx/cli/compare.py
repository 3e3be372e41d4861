# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx compare`: what differs between two recordings, in figures and as a picture."""

from __future__ import annotations

import math
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.analysis import side_by_side
from ddsp_fx.analysis.side_by_side import Overlap, Pitches, mono
from ddsp_fx.analysis.trackers import open_tracker
from ddsp_fx.array_types import Audio
from ddsp_fx.cli.audio_files import open_input, refusal, say
from ddsp_fx.cli.compare_page import print_page
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.dsp.resample import resample
from ddsp_fx.errors import AudioError
from ddsp_fx.files.input import Taking, read_some
from ddsp_fx.files.names import printable


@dataclass(frozen=True)
class ComparedFile:
    """A file as it is: (channels, samples) at its own rate in Hz."""

    path: Path
    audio: Audio
    sample_rate: float


def run(arguments: Namespace) -> int:
    """0 whatever the difference: `identical` in the JSON tells."""
    picture = None if arguments.out is None else _picture(arguments)
    open_tracker(arguments.tracker)
    with progress_bar("comparing", 4) as advance:
        first, second = (_read(Path(name), arguments.salvage) for name in (arguments.first, arguments.second))
        advance(1)
        both = _overlap(first, second)
        advance(1)
        pitches = Pitches.of(mono(both.first), mono(both.second), first.sample_rate, arguments.tracker)
        advance(1)
        report = _report(first, second, both, pitches)
        if picture is not None:
            from ddsp_fx.cli.compare_picture import save_comparison

            save_comparison(picture, both, pitches, first.sample_rate, _titles(first, second))
        advance(1)
    if arguments.json:
        print_json(_plain(report))
    else:
        print_page(report)
        if picture is not None:
            print(f"\nthe picture is {printable(picture)}")
    return 0


def _picture(arguments: Namespace) -> Path:
    """Where it goes; everything that can be wrong with it is said first."""
    from ddsp_fx.cli.pictures import pyplot

    path = Path(arguments.out)
    if path.suffix.lower() != ".png":
        raise AudioError(f"--out {printable(path)} must end in .png")
    if path.exists() and not arguments.replace:
        raise AudioError(f"{printable(path)} exists already; --replace writes it anew")
    if not path.absolute().parent.is_dir():
        raise AudioError(f"{printable(path)}: there is no folder {printable(path.parent)}")
    pyplot()
    return path


def _titles(first: ComparedFile, second: ComparedFile) -> tuple[str, str]:
    return printable(first.path.name), printable(second.path.name)


def _read(path: Path, salvage: bool) -> ComparedFile:
    with refusal(), open_input(path, Taking(channels="keep", salvage=salvage)) as file:
        audio, rate = read_some(file), file.sample_rate
        say(file.all_remarks())
    if not audio.shape[1]:
        raise AudioError(f"{printable(path)} holds no audio (0 samples)")
    return ComparedFile(path, audio, rate)


def _overlap(first: ComparedFile, second: ComparedFile) -> Overlap:
    """What both have, at the first's rate."""
    other = second.audio
    if second.sample_rate != first.sample_rate:
        other = resample(other, second.sample_rate, first.sample_rate)
    return Overlap.of(first.audio, other, first.sample_rate)


def _report(first: ComparedFile, second: ComparedFile, both: Overlap, pitches: Pitches) -> dict[str, Any]:
    correlation, cents = both.correlation(), pitches.cents()
    largest, place = _largest_difference(first, second)
    bands = [side_by_side.octave_levels_db(sound, first.sample_rate) for sound in (both.first, both.second)]
    return {
        "a": _alone(first, pitches.first_hz),
        "b": _alone(second, pitches.second_hz),
        "identical": first.sample_rate == second.sample_rate and np.array_equal(first.audio, second.audio),
        "offset_samples": both.offset,
        "offset_ms": None if both.offset is None else 1000.0 * both.offset / first.sample_rate,
        "compared_s": both.first.shape[1] / first.sample_rate,
        "gain_db": both.gain_db(),
        "correlation": correlation,
        "null_db": side_by_side.null_db(correlation),
        "pitch_cents": float(np.median(cents)) if cents.size else math.nan,
        "pitch_deviation_cents": float(np.mean(np.abs(cents - np.median(cents)))) if cents.size else math.nan,
        "largest_difference": largest,
        "largest_difference_at_s": place / first.sample_rate,
        "octaves_db": {f"{hz:g}": _difference(bands[0][hz], bands[1][hz]) for hz in bands[0]},
    }


def _alone(recording: ComparedFile, f0_hz: Audio) -> dict[str, Any]:
    audio = recording.audio
    return {
        "file": str(recording.path),
        "duration_s": audio.shape[1] / recording.sample_rate,
        "samples": audio.shape[1],
        "sample_rate_hz": recording.sample_rate,
        "channels": audio.shape[0],
        "rms_dbfs": side_by_side.level_db(audio),
        "peak_dbfs": side_by_side.peak_db(audio),
        "pitched": float(np.mean(np.isfinite(f0_hz))),
    }


def _largest_difference(first: ComparedFile, second: ComparedFile) -> tuple[float, float]:
    """Between samples of one number, as the files lie, and that number; NaN where rates or channels differ."""
    if first.sample_rate != second.sample_rate or first.audio.shape[0] != second.audio.shape[0]:
        return math.nan, math.nan
    n = min(first.audio.shape[1], second.audio.shape[1])
    difference = np.abs(first.audio[:, :n] - second.audio[:, :n]).max(axis=0)
    place = int(difference.argmax())
    return float(difference[place]), float(place)


def _difference(first_db: float, second_db: float) -> float:
    """NaN where both are empty, infinite where one is."""
    return math.nan if math.isinf(first_db) and math.isinf(second_db) else second_db - first_db


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
