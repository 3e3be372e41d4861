# SPDX-License-Identifier: GPL-3.0-or-later
"""The cost of smaller weights: a run's decoder as float32, float16 and int8 (dynamic range) .tflite files.

Each runs through 10 s of varying pitch and level, carrying its state, and is compared with Keras frame by frame: the
largest error of amplitude and of harmonic amplitudes (amplitude x distribution) relative to the largest amplitude, the
median error of audible harmonics (within 60 dB of the largest) in dB, and microseconds per step.

    KERAS_BACKEND=tensorflow python benchmarks/export_formats.py runs/violin
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.training.export import tflite
from ddsp_fx.training.loop.checkpoint import load_checkpoint
from ddsp_fx.training.model import build
from ddsp_fx.training.parts import Statistics

Steps = dict[str, NDArray[np.float32]]
FORMATS = ("float32", "float16", "int8")


def harmonics(steps: Steps) -> NDArray[np.float32]:
    """Linear amplitude of each harmonic, (frames, harmonics)."""
    return steps["amplitude"] * steps["harmonic_distribution"]


def compare(wanted: Steps, got: Steps) -> dict[str, float]:
    """The errors of a file's outputs."""
    true, found = harmonics(wanted), harmonics(got)
    audible = true > 1e-3 * true.max()
    error_db = 20.0 * np.abs(np.log10(np.maximum(found[audible], 1e-9) / true[audible]))
    return {
        "worst": max(float(np.abs(wanted[name] - got[name]).max()) for name in wanted),
        "amplitude": float(np.abs(wanted["amplitude"] - got["amplitude"]).max() / wanted["amplitude"].max()),
        "harmonics": float(np.abs(true - found).max() / true.max()),
        "audible_db": float(np.median(error_db)),
    }


def measure(run: Path) -> list[dict[str, str | float]]:
    """One row per format."""
    state = load_checkpoint(run)
    # The statistics that normalise the inputs are not weights. Any will do for a comparison; these are typical.
    config, statistics = state.config, Statistics(0.57, 0.054, 0.99, 0.17)
    model, state_size = build.build_decoder(config, statistics), config.sizes.state_size
    model.set_weights(state.weights[: len(model.weights)])  # an encoder's weights follow
    f0, level = tflite.wandering_features(tflite.PARITY_FRAMES)
    wanted = tflite.steps_of_keras(model, state_size, f0, level)
    rows: list[dict[str, str | float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for weights in FORMATS:
            path = Path(folder) / f"{weights}.tflite"
            path.write_bytes(tflite.convert(model, state_size, weights))
            begin = time.perf_counter()
            got = tflite.steps_of_file(path, f0, level)
            step_us = (time.perf_counter() - begin) / len(f0) * 1e6
            size_mb = path.stat().st_size / 1e6
            rows.append({"weights": weights, "size_mb": size_mb, **compare(wanted, got), "step_us": step_us})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder with a checkpoint")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    rows = measure(arguments.run)
    if arguments.json:
        print(json.dumps(rows))
        return
    print("".join(f"{name:>12s}" for name in rows[0]))
    for row in rows:
        print("".join(f"{v:>12s}" if isinstance(v, str) else f"{v:12.3g}" for v in row.values()))


if __name__ == "__main__":
    main()
