# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws sounds: spectrograms, pitch curves, decay curves. Needs the [plots] extra."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Mono
from ddsp_fx.errors import MissingExtraError
from ddsp_fx.files.replace import replacing

N_FFT = 2048
HOP = 512
RANGE_DB = 90.0


def pyplot() -> Any:
    """matplotlib.pyplot with a backend that needs no display; raises MissingExtraError with the pip command."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtraError('pictures need matplotlib: pip install "ddsp-fx[plots]"') from None
    return plt


def spectrogram_db(audio: Mono, hop: int = HOP) -> NDArray[np.float64]:
    """Hann STFT magnitude in dB re full scale, (bins, frames)."""
    padded = np.pad(audio, (N_FFT // 2, N_FFT // 2 + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::hop]
    magnitude = np.abs(np.fft.rfft(frames * np.hanning(N_FFT), axis=1)) / (N_FFT / 4)
    return 20.0 * np.log10(np.maximum(magnitude.T, 1e-7))


def draw_spectrogram(  # noqa: PLR0913, PLR0917 - where, what, and three things about the look
    axes: Any, audio: Mono, rate: float, title: str, top_hz: float = 10000.0, peak_db: float | None = None
) -> None:
    """Linear frequency, log magnitude, from `peak_db` (default: the loudest bin) 90 dB down; silence is black."""
    levels = spectrogram_db(audio)
    peak = float(levels.max()) if peak_db is None else peak_db
    extent = (0.0, levels.shape[1] * HOP / rate, 0.0, rate / 2000.0)
    axes.imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=peak - RANGE_DB, vmax=peak, cmap="magma")
    axes.set_facecolor("black")
    axes.set_ylim(0.0, min(top_hz, rate / 2.0) / 1000.0)
    axes.set_ylabel("kHz")
    axes.set_title(f"{title}   (peak {20 * np.log10(max(np.abs(audio).max(), 1e-7)):.1f} dBFS)", fontsize=10)


def save_spectrograms(path: Path, sounds: Mapping[str, Mono], rate: float, title: str) -> None:
    """One spectrogram above the other, on a common time axis."""
    plt = pyplot()
    figure, rows = plt.subplots(len(sounds), 1, figsize=(11, 2.4 * len(sounds) + 0.6), squeeze=False, sharex=True)
    for axes, (name, audio) in zip(rows[:, 0], sounds.items(), strict=True):
        draw_spectrogram(axes, audio, rate, name)
    rows[-1, 0].set_xlabel("time in s")
    save_figure(plt, figure, path, title)


def save_pitch(path: Path, curves: Mapping[str, tuple[Mono, Mono]], title: str) -> None:
    """Pitch curves: name -> (time in s, f0 in Hz, NaN if unvoiced)."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(11, 3.6))
    for (name, (time_s, f0_hz)), width in zip(curves.items(), (4.0, 1.4, 1.0), strict=False):
        axes.plot(time_s, f0_hz, label=name, linewidth=width, alpha=0.75)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.set(xlabel="time in s", ylabel="f0 in Hz")
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(plt, figure, path, title)


def save_decay(path: Path, response: Mono, rate: float, title: str) -> None:
    """An impulse response's level, and its Schroeder decay curve."""
    plt = pyplot()
    energy = response.astype(np.float64) ** 2
    curve = np.cumsum(energy[::-1])[::-1]
    time_s = np.arange(len(response)) / rate
    figure, axes = plt.subplots(figsize=(11, 3.6))
    axes.plot(time_s, 10 * np.log10(np.maximum(energy / energy.max(), 1e-12)), linewidth=0.4, alpha=0.5, label="IR")
    axes.plot(time_s, 10 * np.log10(np.maximum(curve / curve[0], 1e-12)), linewidth=2, label="energy decay curve")
    axes.set(xlabel="time in s", ylabel="dB", ylim=(-80, 3))
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(plt, figure, path, title)


def save_figure(plt: Any, figure: Any, path: Path, title: str) -> None:
    """Put it into place as a PNG, and let go of it."""
    figure.suptitle(title, fontsize=11)
    if figure.get_layout_engine() is None:
        figure.tight_layout()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    plt.close(figure)
