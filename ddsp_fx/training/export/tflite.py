# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports a trained decoder as a .tflite file that steps one frame, in a process with the TensorFlow backend.

    python -m ddsp_fx.training.export.tflite WEIGHTS.npz MODEL.tflite

The training may have used any Keras backend; weights are passed as arrays. TFLiteConverter.from_concrete_functions
converts a Keras 3 model without an error into a file without weights that returns NaN. Hence ExportArchive, and hence
the checks of parity and size after each export.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import TrainingError
from ddsp_fx.inference.litert import load_runner
from ddsp_fx.training import parts
from ddsp_fx.training.arrays import save_arrays

PARITY_FRAMES = 500
# Dynamic-range 8-bit weights also round activations: errors up to 1.2 % of an output's range were measured on decoders.
PARITY_TOLERANCE = {"float32": 1e-4, "int8": 0.05}
VECTOR_FRAMES = 64


def export_decoder(weights: list[Any], description: dict[str, Any], path: Path) -> dict[str, float]:
    """Write `path` and return {"parity", "bytes"}; raises TrainingError if TensorFlow is missing or parity fails.

    Args:
        weights: of the decoder, in Keras order.
        description: decoder (as in the recipe), sizes, statistics, weights.
        path: the .tflite to write; replaced only by a file that has passed the checks.
    """
    source = path.with_suffix(".weights.npz")
    arrays = {f"weight_{i}": np.asarray(w) for i, w in enumerate(weights)}
    save_arrays(source, description=np.array(json.dumps(description)), **arrays)
    # On a machine with a GPU, a second process must not compete with the training for GPU memory.
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    command = [sys.executable, "-m", "ddsp_fx.training.export.tflite", str(source), str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TrainingError(f"{path}: export failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    source.unlink()
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _build(source: Path) -> tuple[Any, dict[str, Any]]:
    from ddsp_fx.training.model.build import made_decoder

    with np.load(source) as data:
        description = json.loads(str(data["description"]))
        weights = [data[f"weight_{i}"] for i in range(len(data.files) - 1)]
    statistics = parts.Statistics(*description["statistics"])
    model = made_decoder(parts.decoder_of(description["decoder"]), parts.Sizes(**description["sizes"]), statistics)
    model.set_weights(weights)
    return model, description


def convert(model: Any, state_size: int, weights: str = "float32") -> bytes:
    """A decoder whose state is `state_size` numbers as the bytes of a .tflite file.

    `weights` may also be "float16" or "int8" (dynamic range).

    Tiny ships as float32, because the other formats miss the required parity (benchmarks/export_formats.py).
    """
    import keras
    import tensorflow as tf

    def step(f0_scaled: Any, level_scaled: Any, state: Any) -> dict[str, Any]:
        amplitude, distribution, noise, new = model.step(f0_scaled, level_scaled, state[None])
        return {
            "amplitude": amplitude,
            "harmonic_distribution": distribution[0],
            "noise_magnitudes": noise[0],
            "state": new[0],
        }

    archive = keras.export.ExportArchive()
    archive.track(model)
    names = {"f0_scaled": [1], "level_scaled": [1], "state": [state_size]}
    archive.add_endpoint("step", step, [tf.TensorSpec(shape, tf.float32, name=name) for name, shape in names.items()])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["step"])
        converter.optimizations = [] if weights == "float32" else [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16] if weights == "float16" else []
        return bytes(converter.convert())


def wandering_features(frames: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Pitch and level that move through and beyond the usual range: (frames,) f0_scaled, level_scaled."""
    rng = np.random.default_rng(seed)
    midi = 69.0 + np.cumsum(rng.normal(0.0, 0.7, frames)).clip(-30, 30)
    level = -20.0 + np.cumsum(rng.normal(0.0, 2.0, frames)).clip(-55, 25)
    return (midi / 127.0).astype(np.float32), (level / 80.0 + 1.0).astype(np.float32)


def steps_of_keras(model: Any, state_size: int, f0: Floats, level: Floats) -> dict[str, Floats]:
    """Run a decoder frame by frame, as `steps_of_file` runs its file."""
    state = np.zeros((1, state_size), np.float32)
    rows = []
    for k in range(len(f0)):
        *out, state = model.step(f0[k : k + 1], level[k : k + 1], state)
        rows.append([np.asarray(value)[0] for value in out])
    names = ("amplitude", "harmonic_distribution", "noise_magnitudes")
    return {name: np.stack([np.atleast_1d(row[i]) for row in rows]) for i, name in enumerate(names)}


def steps_of_file(path: Path, f0: Floats, level: Floats) -> dict[str, Floats]:
    """Run the file frame by frame: amplitude (frames, 1), harmonic_distribution (frames, H), noise_magnitudes."""
    runner = load_runner(path)
    state = np.zeros(runner.inputs["state"], np.float32)
    rows = []
    for k in range(len(f0)):
        out = runner.run({"f0_scaled": f0[k : k + 1], "level_scaled": level[k : k + 1], "state": state})
        state = out.pop("state")
        rows.append(out)
    return {name: np.stack([row[name].reshape(-1) for row in rows]) for name in rows[0]}


def write_vectors(model: Path, path: Path) -> None:
    """Write test vectors of a model file: 64 frames in and out."""
    f0, level = wandering_features(VECTOR_FRAMES, seed=1)
    save_arrays(path, f0_scaled=f0, level_scaled=level, **steps_of_file(model, f0, level))


def main(source: Path, path: Path) -> None:
    """Convert, compare with Keras frame by frame over 10 s, and only then move the file into place."""
    model, description = _build(source)
    weights, state_size = description["weights"], description["sizes"]["state_size"]
    allowed, weight_bytes = PARITY_TOLERANCE[weights], {"float32": 4, "int8": 1}[weights]
    staging = path.with_suffix(".staging")
    staging.write_bytes(convert(model, state_size, weights))
    f0, level = wandering_features(PARITY_FRAMES)
    wanted, got = steps_of_keras(model, state_size, f0, level), steps_of_file(staging, f0, level)
    parity = max(float(np.abs(wanted[name] - got[name]).max()) for name in wanted)
    size = staging.stat().st_size
    if not parity <= allowed:
        staging.unlink()
        sys.exit(f"the file is {parity:.1e} off Keras over {PARITY_FRAMES} frames; the tolerance is {allowed:.0e}")
    if size < weight_bytes * model.count_params() / 2:
        staging.unlink()
        sys.exit(f"the file has {size} bytes for {model.count_params()} weights: they were not exported")
    staging.replace(path)
    print(json.dumps({"parity": parity, "bytes": size}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
