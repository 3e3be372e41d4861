# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws spectrograms of sounds as PNG files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import TrainingError
from ddsp_fx.files.replace import replacing

N_FFT, HOP = 1024, 256


def draw(path: Path, sounds: Mapping[str, Floats], sample_rate: int, dpi: int = 90) -> None:
    """Draw spectrograms of sounds (samples,), one below the other, on the same scale of 90 dB."""
    plt = pyplot()
    figure, rows = plt.subplots(len(sounds), 1, figsize=(11, 2.2 * len(sounds)), sharex=True, squeeze=False)
    top = max(float(_level_db(sound).max()) for sound in sounds.values())
    for axes, (name, sound) in zip(rows[:, 0], sounds.items(), strict=True):
        levels = _level_db(sound)
        extent = (0.0, len(sound) / sample_rate, 0.0, sample_rate / 2000.0)
        axes.imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=top - 90, vmax=top, cmap="magma")
        axes.set(ylabel="kHz", title=name)
    rows[-1, 0].set_xlabel("time in s")
    figure.tight_layout()
    with replacing(path, TrainingError) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png")
    plt.close(figure)


def _level_db(audio: Floats) -> npt.NDArray[np.float64]:
    padded = np.pad(audio, (N_FFT // 2, N_FFT))
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    return 20.0 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(N_FFT), axis=1)).T + 1e-5)


def pyplot() -> Any:
    """Return matplotlib's pyplot with a backend that only draws to files."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt
