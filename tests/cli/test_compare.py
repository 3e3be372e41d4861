# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx compare`: figures, page, picture, and every mistake."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx.cli import main

RATE = 44100


def _write(path: Path, audio: np.ndarray, rate: float = RATE) -> Path:
    with AudioFile(str(path), "w", rate, audio.shape[0], bit_depth=32) as file:
        file.write(audio.astype(np.float32))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    sound = tone(1.0, RATE, channels=2)
    noise = np.random.default_rng(0).normal(0.0, 0.05, sound.shape)
    _write(folder / "a.wav", sound + noise)
    _write(folder / "late.wav", np.pad(-0.5 * (sound + noise), ((0, 0), (441, 0))))
    _write(folder / "mono.wav", (sound + noise).mean(axis=0, keepdims=True))
    _write(folder / "slow.wav", (sound + noise)[:, ::2], RATE / 2)
    _write(folder / "silence.wav", np.zeros((2, RATE)))
    return folder


def _report(place: Path, capsys: pytest.CaptureFixture[str], *names: str) -> dict[str, Any]:
    assert main(["compare", *(str(place / name) for name in names), "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_late_softer_and_inverted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(place, capsys, "a.wav", "late.wav")
    assert not report["identical"]
    assert (report["offset_samples"], report["offset_ms"]) == (441, pytest.approx(10.0))
    assert report["gain_db"] == pytest.approx(-6.02, abs=0.01)
    assert report["correlation"] == pytest.approx(-1.0, abs=1e-4)
    assert report["null_db"] is None or report["null_db"] < -60.0
    assert report["pitch_cents"] == pytest.approx(0.0, abs=1.0)
    assert list(report["octaves_db"].values()) == pytest.approx([-6.02] * 10, abs=0.02)
    assert main(["compare", str(place / "a.wav"), str(place / "late.wav")]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "B is 10.00 ms (441 samples) later than A" in page
    assert "-1.0000, polarity inverted" in page


def test_a_file_is_identical_to_itself(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(place, capsys, "a.wav", "a.wav")
    assert report["identical"]
    assert (report["largest_difference"], report["offset_samples"], report["gain_db"]) == (0.0, 0, 0.0)
    assert main(["compare", str(place / "a.wav"), str(place / "a.wav")]) == 0
    assert "identical: every sample is the same" in capsys.readouterr().out


def test_one_sample_is_found(place: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with AudioFile(str(place / "a.wav")) as file:
        audio = file.read(file.frames)
    audio[1, 22050] += 0.25
    _write(tmp_path / "b.wav", audio)
    report = _report(place, capsys, "a.wav", str(tmp_path / "b.wav"))
    assert not report["identical"]
    assert report["largest_difference"] == pytest.approx(0.25)
    assert report["largest_difference_at_s"] == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["mono.wav", "slow.wav"])
def test_other_channels_and_rates(place: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    report = _report(place, capsys, "a.wav", name)
    assert (report["identical"], report["largest_difference"]) == (False, None)
    assert report["offset_samples"] == 0
    assert report["correlation"] > 0.9
    assert main(["compare", str(place / "a.wav"), str(place / name)]) == 0
    assert "rates or channels differ" in capsys.readouterr().out


def test_silence_has_no_figures_and_is_no_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(place, capsys, "a.wav", "silence.wav")
    for name in ("offset_samples", "gain_db", "correlation", "null_db", "pitch_cents"):
        assert report[name] is None
    assert main(["compare", str(place / "silence.wav"), str(place / "silence.wav")]) == 0
    assert main(["compare", str(place / "a.wav"), str(place / "silence.wav")]) == 0
    assert "silent" in capsys.readouterr().out


def test_the_picture(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "c.png"
    command = ["compare", str(place / "a.wav"), str(place / "slow.wav"), "--out", str(picture)]
    assert main(command) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(command) == 2
    assert "exists already; --replace" in capsys.readouterr().err
    assert main([*command, "--replace"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["absent.wav"], "absent.wav"),
        (["a.wav", "--tracker", "ear"], "no pitch tracker is called 'ear'"),
        (["a.wav", "--out", "c.jpg"], "must end in .png"),
        (["a.wav", "--out", "nowhere/c.png"], "there is no folder nowhere"),
    ],
)
def test_mistakes(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(place)
    assert main(["compare", "a.wav", *words]) == 2
    assert told in capsys.readouterr().err
