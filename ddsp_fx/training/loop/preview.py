# SPDX-License-Identifier: GPL-3.0-or-later
"""Previews of a run in progress: audio, spectrograms, the loss curve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import TrainingError
from ddsp_fx.files.replace import replacing, write_file
from ddsp_fx.files.writer import output_file
from ddsp_fx.training.loop.checkpoint import Progress
from ddsp_fx.training.pictures import draw, pyplot


def save_preview(folder: Path, step: int, sounds: Mapping[str, Floats], sample_rate: int) -> Path:
    """Write `preview-STEP.wav` (the sounds one after another) and `preview-STEP.png` (their spectrograms)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"preview-{step:06d}.wav"
    gap = np.zeros(sample_rate // 4, np.float32)
    joined = np.concatenate([part for sound in sounds.values() for part in (sound, gap)])
    with output_file(path, sample_rate, 1, 24) as file:
        file.write(np.clip(joined, -1.0, 1.0)[np.newaxis])
    draw(path.with_suffix(".png"), sounds, sample_rate)
    return path


def save_losses(folder: Path, progress: Progress) -> None:
    """Write `losses.csv` and `losses.png`: every recorded step of both stages, with a running mean."""
    lines = ["stage,step,loss", *(f"{stage},{step},{loss:.5f}" for stage, step, loss in progress.losses)]
    write_file(folder / "losses.csv", "\n".join(lines) + "\n", TrainingError)
    plt = pyplot()
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
