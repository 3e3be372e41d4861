# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole small training: stop, resume to the same numbers, export with parity, validate and play the bundle."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from pedalboard.io import AudioFile

pytest.importorskip("tensorflow", reason="needs the [train] extra")
pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.bundles import Bundle, load
from ddsp_fx.bundles.validation import validate_bundle
from ddsp_fx.cli.example_sounds import RATE_HZ, bow
from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.loop.checkpoint import Progress, load_checkpoint
from ddsp_fx.training.run import train

pytestmark = pytest.mark.slow

Encoder = Literal["none", "z", "unsupervised"]

SMALL = TrainConfig(
    "toy",
    weights="float32",
    steps=12,
    fit_steps=10,
    batch=2,
    clip_seconds=0.5,
    pre_roll_seconds=0.3,
    room=False,
    warm_up_steps=10,
    tracker="mcleod",
    preview_every=10,
    holdout_seconds=3.0,
    author="A. Tester",
    licence="CC0-1.0",
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    phrase = bow()
    with AudioFile(str(folder / "phrase.wav"), "w", RATE_HZ, 1) as file:
        file.write(np.tile(phrase, 8).astype(np.float32)[np.newaxis])
    return folder


class _Stop:
    """Raises KeyboardInterrupt, like Ctrl-C, at one step."""

    def __init__(self, stage: str, step: int) -> None:
        self.at = stage, step

    def __call__(self, progress: Progress, loss: float, share: float) -> None:
        if (progress.stage, progress.step) == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("encoder", ["none", "z", "unsupervised"])
def test_stop_resume_export_validate_play(recordings: Path, tmp_path: Path, encoder: Encoder) -> None:
    small = replace(SMALL, encoder=encoder)
    whole = train(recordings, tmp_path / "whole", tmp_path / "run-whole", small)
    with pytest.raises(KeyboardInterrupt):
        train(recordings, tmp_path / "parts", tmp_path / "run-parts", small, report=_Stop("audio", 10))
    assert load_checkpoint(tmp_path / "run-parts").progress.step == 10
    assert not (tmp_path / "parts").exists()
    parts = train(recordings, tmp_path / "parts", tmp_path / "run-parts", small, resume=True)

    saved = [load_checkpoint(tmp_path / f"run-{name}") for name in ("whole", "parts")]
    for one, two in zip(saved[0].weights, saved[1].weights, strict=True):
        # Two threads add float32 in varying order: 1e-4 after 12 steps, for weights of about 0.1.
        assert np.allclose(one, two, atol=1e-4)

    for folder in (whole, parts):
        report = validate_bundle(Bundle.open(folder))
        assert report.passed, [check for check in report.checks if not check.passed]
    assert Bundle.open(whole).manifest.figures["parity_with_keras"] <= 1e-4
    assert (tmp_path / "run-whole" / "previews" / "preview-000010.png").is_file()
    assert (tmp_path / "run-whole" / "losses.csv").read_text().startswith("stage,step,loss\nfit,")
    out = load(whole).render(bow().astype(np.float32), RATE_HZ)
    assert np.isfinite(out).all()
    assert np.abs(out).max() > 1e-4


def test_a_finished_run_goes_on_where_more_is_asked_for(recordings: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(recordings, tmp_path / "bundle", run, replace(SMALL, steps=10))
    assert load_checkpoint(run).progress.stage == "done"
    train(recordings, tmp_path / "bundle", run, replace(SMALL, steps=20), resume=True)
    assert [loss[1] for loss in load_checkpoint(run).progress.losses if loss[0] == "audio"] == [10, 20]


def test_resume_without_a_checkpoint_is_refused(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing to resume"):
        train(recordings, tmp_path / "bundle", tmp_path / "run", SMALL, resume=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.npz").write_bytes(b"damaged")
    with pytest.raises(TrainingError, match="damaged checkpoint"):
        train(recordings, tmp_path / "bundle", tmp_path / "run", SMALL, resume=True)


def test_holding_out_everything_is_refused(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"leaves nothing of phrase\.wav"):
        train(recordings, tmp_path / "bundle", tmp_path / "run", replace(SMALL, holdout_seconds=1000.0))


def test_weights_of_eight_bits_are_a_third_of_the_size_and_play(recordings: Path, tmp_path: Path) -> None:
    exact = train(recordings, tmp_path / "float32", tmp_path / "run", SMALL)
    small = train(recordings, tmp_path / "int8", tmp_path / "run-int8", replace(SMALL, weights="int8"))
    sizes = [sum(path.stat().st_size for path in folder.glob("*.tflite")) for folder in (small, exact)]
    assert sizes[0] < sizes[1] / 3
    assert validate_bundle(Bundle.open(small)).passed
    # The export allows 5 % of the largest amplitude; a scale lost in rounding would be far more.
    assert 1e-4 < Bundle.open(small).manifest.figures["parity_with_keras"] <= 0.05
