# SPDX-License-Identifier: GPL-3.0-or-later
"""Model files: valid ones run and carry their state, invalid ones give an error with the reason."""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support import DATA, N_HARMONICS, fake_decoder

from ddsp_fx.errors import ModelError
from ddsp_fx.inference import ControlModel, FakeRunner, load_runner
from ddsp_fx.inference.metadata import read_ddsp_vst_metadata

SHARED = Path(__file__).parents[3] / "shared" / "data" / "extract_features_micro.tflite"
GOOD = DATA / "ddsp_vst_16k.tflite"


@pytest.mark.parametrize(("name", "harmonics", "bands"), [("ddsp_vst_16k", 60, 65), ("ddsp_vst_48k", 100, 98)])
def test_ddsp_vst_files_of_both_sizes_run(name: str, harmonics: int, bands: int) -> None:
    model = ControlModel(load_runner(DATA / f"{name}.tflite"))
    assert (model.n_harmonics, model.n_bands, model.is_ddsp_vst) == (harmonics, bands, True)
    controls = model.step(69.0, -20.0)
    # The fixture's formula: 0.5 * (1 - 20/80)^2.
    assert controls.amplitude == pytest.approx(0.28125)
    assert controls.harmonic_distribution.sum() == pytest.approx(1.0, abs=1e-5)


def test_state_is_carried_and_reset() -> None:
    runner = load_runner(GOOD)
    model = ControlModel(runner)
    for _ in range(3):
        model.step(60.0, -30.0)
    assert model._tensors["call_state:0"][0] == 3.0
    model.reset()
    assert not model._tensors["call_state:0"].any()


@pytest.mark.parametrize("size", [0, 3, 7, 100, 1000, 2500])
def test_truncated_files_are_named(size: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(GOOD.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"cut\.tflite: (not a TFLite model|corrupt or truncated)"):
        load_runner(path)


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.tflite: cannot be read: No such file"):
        load_runner(tmp_path / "absent.tflite")
    text = tmp_path / "text.tflite"
    text.write_text("hello, I am not a model")
    with pytest.raises(ModelError, match="not a TFLite model"):
        load_runner(text)


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/extract_features_micro.tflite")
def test_another_model_says_which_tensor_is_missing() -> None:
    with pytest.raises(ModelError, match=r"not a timbre model: input tensor 'call_f0_scaled:0' is missing"):
        ControlModel(load_runner(SHARED))


def test_a_decoder_without_noise_is_refused() -> None:
    good = fake_decoder()
    outputs = {name: shape for name, shape in good.outputs.items() if name != "noise_magnitudes"}
    with pytest.raises(ModelError, match="output tensor 'noise_magnitudes' is missing"):
        ControlModel(FakeRunner(lambda tensors: tensors, good.inputs, outputs))


def test_a_state_of_two_sizes_is_refused() -> None:
    good = fake_decoder()
    with pytest.raises(ModelError, match=r"state's input has shape \(4,\), its output \(5,\)"):
        ControlModel(FakeRunner(lambda tensors: tensors, good.inputs, {**good.outputs, "state": (5,)}))


def test_a_decoder_that_explodes_gives_silence() -> None:
    good = fake_decoder()

    def nan_step(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.full(shape, np.nan, np.float32) for name, shape in good.outputs.items()}

    model = ControlModel(FakeRunner(nan_step, good.inputs, good.outputs))  # type: ignore[arg-type]
    for _ in range(2):
        controls = model.step(60.0, -20.0)
        assert controls.amplitude == 0.0
        assert controls.harmonic_distribution.shape == (N_HARMONICS,)


def test_the_fake_runner_checks_names_and_shapes() -> None:
    runner = fake_decoder()
    with pytest.raises(ModelError, match="input tensor 'state' is missing"):
        runner.run({"f0_scaled": np.zeros(1, np.float32), "level_scaled": np.zeros(1, np.float32)})


def test_embedded_metadata() -> None:
    span = read_ddsp_vst_metadata(GOOD)
    assert span is not None
    assert (span.f0_min_hz, span.f0_max_hz, span.level_min_db) == (196.0, 1568.0, -52.0)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"mean_min_pitch_note_hz": 1.0}, "has no 'mean_max_pitch_note_hz'"),
        ([1], "cannot be read"),
        (
            {
                "mean_min_pitch_note_hz": -1,
                "mean_max_pitch_note_hz": 2,
                "mean_min_power_note": 0,
                "mean_max_power_note": 0,
            },
            "impossible ranges",
        ),
    ],
)
def test_bad_metadata_is_named(metadata: object, message: str, tmp_path: Path) -> None:
    buffer = io.BytesIO(b"model")
    buffer.seek(0, os.SEEK_END)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
    path = tmp_path / "model.tflite"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match=message):
        read_ddsp_vst_metadata(path)


def test_no_metadata_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "plain.tflite"
    path.write_bytes(b"nothing appended")
    assert read_ddsp_vst_metadata(path) is None
