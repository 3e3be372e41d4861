# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx train` before any training: its checks, and one line for every mistake."""

from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

pytest.importorskip("keras", reason="needs the [train] extra")
pytest.importorskip("tensorflow", reason="needs the [train] extra")

from ddsp_fx.cli import main

pytestmark = [
    pytest.mark.filterwarnings("default::DeprecationWarning"),
    pytest.mark.filterwarnings("default::FutureWarning"),
]


def _recording(folder: Path, name: str, audio: np.ndarray) -> None:
    with AudioFile(str(folder / name), "w", 16000, 1) as file:
        file.write(audio.astype(np.float32))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text('name = "toy"\ntracker = "mcleod"\n')
    return path


def test_check_judges_every_file(tmp_path: Path, recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    _recording(folder, "good.wav", np.tile(tone(1.0, 16000, 440.0), 35))
    _recording(folder, "silent.wav", np.zeros((1, 16000)))
    run_dir = str(tmp_path / "run")
    assert main(["train", str(folder), "--config", str(recipe), "--run-dir", run_dir, "--check"]) == 0
    out = capsys.readouterr().out
    assert "good.wav: 35.0 s, peak -10.5 dBFS: good" in out
    assert "silent.wav: 1.0 s, peak -180.0 dBFS: is silent" in out
    assert "36 s in all is little" in out or "35 s in all is little" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent", "--name", "x"], "no such file or folder of recordings"),
        (["."], "a name is needed"),
        ([".", "--config", "absent.toml"], "cannot be read"),
        ([".", "--name", "x", "--steps", "0"], "steps: it should be greater than or equal to 1 (got 0)"),
        ([".", "--name", "x", "--resume"], "nothing to resume"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_recordings_decide_the_model_s_rate_where_nobody_else_does(
    tmp_path: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    _recording(folder, "low.wav", np.tile(tone(1.0, 16000, 110.0), 35))
    command = ["train", str(folder), "--config", str(recipe), "--run-dir", str(tmp_path / "run"), "--check"]
    assert main(command) == 0
    assert "the model runs at 16000 Hz, with 80 harmonics and 65 noise bands" in capsys.readouterr().err
    assert main([*command, "--sample-rate", "32000"]) == 0
    assert "the model runs at 32000 Hz, with 150 harmonics and 129 noise bands" in capsys.readouterr().err
    recipe.write_text(recipe.read_text() + "sample_rate = 16000\nn_harmonics = 60\nn_bands = 65\n")
    assert main(command) == 0
    assert "the model runs at" not in capsys.readouterr().err
