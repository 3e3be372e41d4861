# SPDX-License-Identifier: GPL-3.0-or-later
"""Two recordings as a picture: both spectrograms, their difference, and the pitch of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.analysis.side_by_side import Overlap, Pitches, mono
from ddsp_fx.array_types import Doubles
from ddsp_fx.cli.pictures import HOP, RANGE_DB, pyplot, save_figure, spectrogram_db

TOP_HZ = 16000.0
SPAN_DB = 24.0
# Columns of a spectrogram: more would not be seen, and a long recording would fill the memory.
MOST_FRAMES = 3000


def save_comparison(path: Path, both: Overlap, pitches: Pitches, rate: float, titles: tuple[str, str]) -> None:
    """Write the PNG; raises MissingExtraError without matplotlib."""
    plt = pyplot()
    sounds = mono(both.first), mono(both.second)
    hop = max(HOP, -(-len(sounds[0]) // MOST_FRAMES))
    levels = [spectrogram_db(sound, hop) for sound in sounds]
    extent = (0.0, levels[0].shape[1] * hop / rate, 0.0, rate / 2000.0)
    figure, rows = plt.subplots(4, 1, figsize=(11, 10.5), sharex=True, layout="constrained")
    peak = max(float(level.max()) for level in levels)
    for axes, name, level, title in zip(rows, "AB", levels, titles, strict=False):
        _draw(axes, level, extent, f"{name}: {title}", (peak - RANGE_DB, peak), "magma")
        axes.set_facecolor("black")
    quiet = np.maximum(*levels) < peak - RANGE_DB
    difference = np.where(quiet, 0.0, np.clip(levels[1] - levels[0], -SPAN_DB, SPAN_DB))
    image = _draw(rows[2], difference, extent, "red: B is louder, blue: A is louder", (-SPAN_DB, SPAN_DB), "RdBu_r")
    figure.colorbar(image, ax=rows[2], label="dB", pad=0.01)
    _draw_pitch(rows[3], pitches)
    save_figure(plt, figure, path, f"{titles[1]} against {titles[0]}")


def _draw(  # noqa: PLR0913, PLR0917 - where, what, and four things about the look
    axes: Any, levels: Doubles, extent: tuple[float, ...], title: str, span: tuple[float, float], colours: str
) -> Any:
    image = axes.imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=span[0], vmax=span[1], cmap=colours)
    axes.set_ylim(0.0, min(TOP_HZ / 1000.0, extent[3]))
    axes.set_ylabel("kHz")
    axes.set_title(title, fontsize=10)
    return image


def _draw_pitch(axes: Any, pitches: Pitches) -> None:
    axes.plot(pitches.time_s, pitches.first_hz, label="A", linewidth=4.0, alpha=0.6)
    axes.plot(pitches.time_s, pitches.second_hz, label="B", linewidth=1.4)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.set(xlabel="time in s", ylabel="f0 in Hz")
    axes.set_title("pitch", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend()
