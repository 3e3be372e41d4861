# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes small .tflite files that keep magenta/ddsp-vst's contract: tensor names, shapes, appended metadata zip.

    python tests/data/make_ddsp_vst_fixture.py     # needs the [train] extra

The "model" is a formula (amplitude rises with power, a k^-1 spectrum, the state counts frames), so that tests know the
expected output. No official instrument model is involved.
"""

import io
import json
import tempfile
import zipfile
from pathlib import Path

import tensorflow as tf

STATE = 512
METADATA = {
    "mean_min_pitch_note_hz": 196.0,
    "mean_max_pitch_note_hz": 1568.0,
    "mean_min_power_note": -52.0,
    "mean_max_power_note": -14.0,
    "version": "fixture",
    "export_time": "2026-11-22",
}


class Fixture(tf.Module):
    def __init__(self, n_harmonics: int, n_bands: int) -> None:
        super().__init__()
        k = tf.range(1, n_harmonics + 1, dtype=tf.float32)
        # A variable, as in real exports: with one, the converter names the outputs StatefulPartitionedCall:N.
        self.distribution = tf.Variable((1.0 / k) / tf.reduce_sum(1.0 / k))
        self.noise = tf.fill([n_bands], 0.001)

    def call(self, f0_scaled: tf.Tensor, pw_scaled: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, ...]:
        amplitude = 0.5 * tf.maximum(pw_scaled, 0.0) ** 2
        tilt = self.distribution * (1.0 + 0.0 * f0_scaled)
        return amplitude, tilt, self.noise * tf.maximum(pw_scaled, 0.0), state + 1.0


def convert(n_harmonics: int, n_bands: int) -> bytes:
    module = Fixture(n_harmonics, n_bands)
    spec = [tf.TensorSpec([1], name="f0_scaled"), tf.TensorSpec([1], name="pw_scaled")]
    call = tf.function(module.call, input_signature=[*spec, tf.TensorSpec([STATE], name="state")])
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"call": call})
        return bytes(tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["call"]).convert())


def with_metadata(model: bytes) -> bytes:
    buffer = io.BytesIO(model)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("metadata.json", json.dumps(METADATA))
    return buffer.getvalue()


if __name__ == "__main__":
    for name, sizes in {"ddsp_vst_16k.tflite": (60, 65), "ddsp_vst_48k.tflite": (100, 98)}.items():
        path = Path(__file__).parent / name
        path.write_bytes(with_metadata(convert(*sizes)))
        print(path, path.stat().st_size)
