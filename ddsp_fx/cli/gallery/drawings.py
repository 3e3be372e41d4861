# SPDX-License-Identifier: GPL-3.0-or-later
"""The page's pictures. They are transparent with grey ink, so that one file suits light and dark pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Doubles, Mono
from ddsp_fx.cli import pictures
from ddsp_fx.files.replace import replacing

INK = "#808080"
TOP_HZ = 10000.0
_STYLE = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK)


def _draw(path: Path, size: tuple[float, float], rows: int, paint: Callable[[Any], None]) -> None:
    """Draw one figure of `rows` axes with a common time axis, and replace the file atomically."""
    plt = pictures.pyplot()
    with plt.rc_context({**_STYLE, "font.size": 8, "axes.facecolor": "none", "legend.framealpha": 0.0}):
        figure, axes = plt.subplots(rows, 1, figsize=size, squeeze=False, sharex=True)
        paint(axes[:, 0])
        figure.tight_layout(pad=0.4)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130, facecolor="none", format="png")
        plt.close(figure)


def spectrogram(
    path: Path, audio: Mono, rate_hz: float, reference: Mono | None = None, span_s: float | None = None
) -> None:
    """Spectrogram: linear frequency, logarithmic magnitude, 90 dB below the loudest bin of `reference` or `audio`.

    `span_s` is the length of the time axis, the same for all sounds that are compared.
    """

    def paint(axes: Any) -> None:
        peak_db = float(pictures.spectrogram_db(audio if reference is None else reference).max())
        pictures.draw_spectrogram(axes[0], audio, rate_hz, "", TOP_HZ, peak_db)
        axes[0].set_title("")
        axes[0].set_xlim(0.0, span_s or len(audio) / rate_hz)
        axes[0].set_xlabel("s")

    _draw(path, (6.4, 2.2), 1, paint)


def controls(path: Path, time_s: Doubles, f0_hz: Doubles, amplitude: Doubles, distribution: Doubles) -> None:
    """The additive synthesizer's controls: (frames,), (frames,), (frames, harmonics)."""

    def paint(axes: Any) -> None:
        axes[0].plot(time_s, f0_hz, color="C0")
        axes[0].set_ylabel("f0 in Hz")
        axes[1].plot(time_s, amplitude, color="C1")
        axes[1].set_ylabel("amplitude")
        levels = 20.0 * np.log10(np.maximum(distribution.T, 1e-4))
        extent = (float(time_s[0]), float(time_s[-1]), 0.5, distribution.shape[1] + 0.5)
        axes[2].imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=-60.0, vmax=0.0, cmap="magma")
        axes[2].set(ylabel="harmonic", xlabel="s")

    _draw(path, (6.4, 4.2), 3, paint)


def waveforms(path: Path, sounds: Mapping[str, Mono], rate_hz: float, start_s: float, seconds: float) -> None:
    """The same part of each sound, one above the other, on the same scale."""

    def paint(axes: Any) -> None:
        first = round(start_s * rate_hz)
        largest = max(float(np.abs(audio).max()) for audio in sounds.values())
        for row, (name, audio) in zip(axes, sounds.items(), strict=True):
            piece = audio[first : first + round(seconds * rate_hz)]
            row.plot(1000.0 * np.arange(len(piece)) / rate_hz, piece, linewidth=1.0)
            row.set(ylabel=name, ylim=(-1.1 * largest, 1.1 * largest))
        axes[-1].set_xlabel("ms")

    _draw(path, (6.4, 1.1 * len(sounds) + 0.4), len(sounds), paint)


def melodies(path: Path, curves: Mapping[str, tuple[Mono, Mono]], limit_hz: float) -> None:
    """Pitch curves, name -> (time in s, f0 in Hz, NaN if unvoiced); the limit is a dotted line, 0 means none."""

    def paint(axes: Any) -> None:
        for name, (time_s, f0_hz) in curves.items():
            axes[0].plot(time_s, f0_hz, label=name, linewidth=1.5)
        if limit_hz:
            axes[0].axhline(limit_hz, linestyle=":", color=INK)
        axes[0].set_yscale("log", base=2)
        axes[0].yaxis.set_major_formatter("{x:.0f}")
        axes[0].set(xlabel="s", ylabel="f0 in Hz")
        axes[0].legend(ncols=len(curves))

    _draw(path, (6.4, 2.6), 1, paint)


def decay(path: Path, response: Mono, rate_hz: float) -> None:
    """Level of an impulse response (samples,), and its energy decay curve."""
    from ddsp_fx.dsp.decay import energy_decay_db

    energy = np.square(response, dtype=np.float64)
    levels = 10.0 * np.log10(np.maximum(energy / energy.max(), 1e-12))
    curve = energy_decay_db(response, rate_hz)

    def paint(axes: Any) -> None:
        axes[0].plot(np.arange(len(levels)) / rate_hz, levels, linewidth=0.3, label="impulse response")
        axes[0].plot(np.arange(len(curve)) / rate_hz, curve, linewidth=2.0, label="energy decay")
        axes[0].set(xlabel="s", ylabel="dB", ylim=(-80.0, 3.0))
        for line in axes[0].legend().get_lines():
            line.set_linewidth(2.0)

    _draw(path, (6.4, 2.6), 1, paint)
