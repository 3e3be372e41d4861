# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run sounds and looks like on the way: audio, spectrograms, the loss curve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_fx.errors import TrainingError
from ddsp_fx.files.replace import replacing, write_file
from ddsp_fx.files.writer import output_file
from ddsp_fx.training.checkpoint import Progress

Array = npt.NDArray[np.float32]
N_FFT, HOP = 1024, 256


def save_preview(folder: Path, step: int, sounds: Mapping[str, Array], sample_rate: int) -> Path:
    """`preview-STEP.wav` (the sounds one after the other) and `preview-STEP.png` (their spectrograms)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"preview-{step:06d}.wav"
    gap = np.zeros(sample_rate // 4, np.float32)
    joined = np.concatenate([part for sound in sounds.values() for part in (sound, gap)])
    with output_file(path, sample_rate, 1, 24) as file:
        file.write(np.clip(joined, -1.0, 1.0)[np.newaxis])
    draw(path.with_suffix(".png"), sounds, sample_rate)
    return path


def draw(path: Path, sounds: Mapping[str, Array], sample_rate: int, dpi: int = 90) -> None:
    """Spectrograms of sounds (samples,), one under the other, on one scale of 90 dB."""
    plt = _pyplot()
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


def _level_db(audio: Array) -> npt.NDArray[np.float64]:
    padded = np.pad(audio, (N_FFT // 2, N_FFT))
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    return 20.0 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(N_FFT), axis=1)).T + 1e-5)


def save_losses(folder: Path, progress: Progress) -> None:
    """`losses.csv` and `losses.png`: every recorded step of both stages, with a running mean."""
    lines = ["stage,step,loss", *(f"{stage},{step},{loss:.5f}" for stage, step, loss in progress.losses)]
    write_file(folder / "losses.csv", "\n".join(lines) + "\n", TrainingError)
    plt = _pyplot()
    figure, panels = plt.subplots(1, 2, figsize=(11, 3.4))
    for axes, stage in zip(panels, ("fit", "audio"), strict=True):
        points = [(step, loss) for name, step, loss in progress.losses if name == stage]
        if points:
            steps, losses = np.array(points).T
            size = max(1, len(losses) // 50)
            mean = np.convolve(losses, np.ones(size) / size, mode="valid")
            axes.plot(steps, losses, linewidth=0.4, alpha=0.5)
            axes.plot(steps[size - 1 :], mean, linewidth=1.6)
        axes.set(title={"fit": "control fit (log error)", "audio": "spectral loss"}[stage], xlabel="step")
        axes.grid(alpha=0.3)
    figure.tight_layout()
    with replacing(folder / "losses.png", TrainingError) as temporary:
        figure.savefig(temporary, dpi=90, format="png")
    plt.close(figure)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt
