# SPDX-License-Identifier: GPL-3.0-or-later
"""The DDSP paper's table 1 for your own recordings: a decoder alone, with a z encoder, and unsupervised.

All have the same recordings, decoder and steps; the last --seconds of the last recording are held out. In `autoencoded`
rows the encoder analyses the recording to be reproduced, as in the paper; `as played` rows are the bundle, which has no
encoder. swift analyses the pitch of both sounds; the unsupervised training itself has no tracker. A finished training
in FOLDER is not repeated, and a stopped one continues.

    KERAS_BACKEND=jax python benchmarks/autoencoders.py RECORDINGS runs/autoencoders --steps 800
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from ddsp_fx.analysis.resynthesis_figures import PAPER
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.cli.train import Meter
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.run import train

Row = dict[str, str | float]
NAMES = {"none": "supervised", "z": "z", "unsupervised": "unsupervised"}
WAYS = {"heldout": "as played", "autoencoded": "autoencoded"}
COLUMNS = (
    "loudness_l1",
    "f0_l1_semitones",
    "f0_l1_all_semitones",
    "f0_outliers",
    "paper_f0_l1_semitones",
    "paper_f0_outliers",
    "voiced_kept",
    "spectral_loss",
)
WIDTH = 22


def trained(recordings: Path, folder: Path, config: TrainConfig) -> Bundle:
    """The bundle of one training, continued from its current state."""
    bundle, run = folder / f"{config.name}-bundle", folder / config.name
    if not bundle.is_dir():
        meter = Meter()
        resume = any(run.rglob("checkpoint.npz"))
        train(recordings, bundle, run, config, resume=resume, report=meter.report, note=meter.note)
    return Bundle.open(bundle)


def rows(bundle: Bundle) -> Iterator[Row]:
    """The held-out figures measured by the training, one row per way of playing."""
    figures = bundle.manifest.figures
    for way, words in WAYS.items():
        found = {name: float(figures[f"{way}_{name}"]) for name in COLUMNS if f"{way}_{name}" in figures}
        if found:
            yield {"model": f"{bundle.manifest.name}, {words}", **found}


def show(row: Row) -> str:
    """One line of the table."""
    cells = [f"{row[name]:{WIDTH}.4f}" if name in row else f"{'-':>{WIDTH}s}" for name in COLUMNS]
    return f"{row['model']:38s}" + "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("folder", type=Path, help="runs and bundles")
    parser.add_argument("--encoders", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    table: list[Row] = []
    for encoder in arguments.encoders:
        config = TrainConfig(
            NAMES[encoder],
            encoder=encoder,
            steps=arguments.steps,
            frame_rate=50,
            weights="float32",
            holdout_seconds=arguments.seconds,
        )
        table += rows(trained(arguments.recordings, arguments.folder, config))
    table += [{"model": f"paper: {model}", **figures} for model, figures in PAPER.items()]
    if arguments.json:
        print(json.dumps(table))
        return
    print(f"{'model':38s}" + "".join(f"{name:>{WIDTH}s}" for name in COLUMNS))
    print("\n".join(show(row) for row in table))


if __name__ == "__main__":
    main()
