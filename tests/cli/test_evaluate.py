# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx evaluate` with the shipped violin: its figures on known sounds, and every mistake."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone, write_bundle

from ddsp_fx.bundles.evaluation import Subject, evaluate, summary
from ddsp_fx.bundles.loading import locate
from ddsp_fx.cli import main
from ddsp_fx.cli.example_sounds import RATE_HZ, reverberant_violin
from ddsp_fx.errors import UnknownEffectError

VIOLIN = Path(__file__).parents[2] / "plugins" / "ddsp_fx_plugins" / "violin"


def _write(path: Path, audio: np.ndarray, rate: float = RATE_HZ) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with AudioFile(str(path), "w", rate, 1) as file:
        file.write(np.atleast_2d(audio).astype(np.float32))


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two seconds of the example violin, a second of silence, and a file that is not audio."""
    folder = tmp_path / "takes"
    _write(folder / "phrase.wav", reverberant_violin()[: 2 * RATE_HZ])
    _write(folder / "deeper" / "silence.flac", np.zeros(RATE_HZ))
    (folder / "notes.txt").write_text("not audio")
    return folder


def _report(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["evaluate", *arguments, "--tracker", "mcleod", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert isinstance(report, dict)
    return report


def test_a_row_a_recording_and_a_total(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(["violin", str(recordings)], capsys)
    assert (report["bundle"], report["effect"], report["tracker"]) == ("org.ddsp-fx.violin", "violin", "mcleod")
    silence, phrase = report["recordings"]
    assert [Path(row["recording"]).name for row in (silence, phrase)] == ["silence.flac", "phrase.wav"]
    assert phrase["f0_l1_semitones"] < 0.2
    assert phrase["voiced_kept"] > 0.8
    assert phrase["loudness_l1"] < 0.1
    assert phrase["out_of_range_pitch"] == 0.0
    assert silence["f0_l1_semitones"] is None
    assert silence["loudness_l1"] == pytest.approx(0.0, abs=1e-3)
    assert report["total"]["seconds"] == pytest.approx(3.0)
    assert report["total"]["f0_l1_semitones"] == pytest.approx(phrase["f0_l1_semitones"])
    assert report["total"]["times_real_time"] > 0.0


def test_recordings_without_a_note_are_named_and_alone_exit_1(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (silence,) = _report(["violin", str(recordings)], capsys)["remarks"]
    assert "silence.flac: no clear pitch in 1 s" in silence
    _write(tmp_path / "hiss.wav", np.random.default_rng(1).normal(0.0, 0.1, RATE_HZ))
    assert main(["evaluate", "violin", str(tmp_path / "hiss.wav"), "--tracker", "mcleod", "--json"]) == 1
    captured = capsys.readouterr()
    (row,) = json.loads(captured.out)["recordings"]
    assert row["f0_l1_semitones"] is row["f0_outliers"] is row["voiced_kept"] is None
    assert row["spectral_loss"] > 0.0
    assert "hiss.wav: no clear pitch in 1 s" in captured.err


def test_one_good_sample_of_a_damaged_file_is_not_called_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path / "a.wav", np.full(RATE_HZ, 0.1))
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data[: len(data) - 2 * (RATE_HZ - 1)])
    assert main(["evaluate", "violin", str(tmp_path), "--tracker", "mcleod"]) == 1
    error = capsys.readouterr().err
    assert "can be read" in error
    assert "no clear pitch" in error


def test_the_table_has_a_line_a_recording_and_a_total(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(VIOLIN), str(recordings), "--tracker", "mcleod", "--seconds", "1"]) == 0
    out = capsys.readouterr().out
    for text in ("org.ddsp-fx.violin/violin", "phrase.wav", "silence", "total", "--help"):
        assert text in out


def test_the_last_seconds_of_one_file_through_a_zip(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = shutil.make_archive(str(tmp_path / "violin"), "zip", VIOLIN)
    report = _report([archive, str(recordings / "phrase.wav"), "--seconds", "0.5"], capsys)
    assert report["total"]["seconds"] == pytest.approx(0.5)


def test_below_the_trained_range_is_out_of_it() -> None:
    subject = Subject.of(*locate("violin"), tracker="mcleod")
    low, high = (evaluate(subject, tone(1.0, 16000, hz)[0], 16000.0) for hz in (110.0, 440.0))
    assert summary([low])["out_of_range_pitch"] == 1.0
    assert summary([high])["out_of_range_pitch"] == 0.0
    assert 0.4 < summary([low, high])["out_of_range_pitch"] < 0.6


def test_another_effect_of_the_bundle_stands_for_its_instrument() -> None:
    assert Subject.of(*locate("violin-dry")).symbol == "violin"
    assert Subject.of(*locate(f"{VIOLIN}#violin")).symbol == "violin"
    with pytest.raises(UnknownEffectError, match="no effect 'viola'"):
        Subject.of(*locate(f"{VIOLIN}#viola"))


def test_mistakes_are_one_line_and_exit_2(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hall, empty, texts = write_bundle(tmp_path / "hall"), tmp_path / "empty", tmp_path / "texts"
    empty.mkdir()
    texts.mkdir()
    (texts / "a.txt").write_text("not audio")
    (texts / "damaged").mkdir()
    (texts / "damaged" / "b.wav").write_bytes(b"not audio either")
    jobs = {
        "no effect is called 'viola'": ["viola", recordings],
        "absent.zip: cannot be read: No such file": [tmp_path / "absent.zip", recordings],
        "has no timbre_transfer effect": [hall, recordings],
        "the folder is empty": ["violin", empty],
        "no such file or folder": ["violin", tmp_path / "absent"],
        "not an audio file that can be read": ["violin", texts],
        "--seconds 0 must be above 0": ["violin", recordings, "--seconds", "0"],
    }
    for message, arguments in jobs.items():
        assert main(["evaluate", *map(str, arguments), "--tracker", "mcleod"]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    shutil.rmtree(texts / "damaged")
    assert main(["evaluate", "violin", str(texts)]) == 2
    assert "contains 1 files but no audio" in capsys.readouterr().err


def test_without_swift_the_remedy_is_named(
    recordings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    assert main(["evaluate", "violin", str(recordings)]) == 2
    error = capsys.readouterr().err
    assert 'pip install "ddsp-fx[pitch]", or use --tracker mcleod' in error
    assert error.count("\n") == 1


def test_help_defines_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    out = capsys.readouterr().out
    for text in ("half a semitone", "0.85", "CREPE", "units of 80 dB", "trained range", "x real time"):
        assert text in out


def test_a_preset_is_evaluated_as_it_sounds(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phrase = str(recordings / "phrase.wav")
    in_room, dry = _report(["violin", phrase], capsys), _report(["violin", phrase, "--preset", "dry"], capsys)
    assert (in_room["preset"], dry["preset"]) == (None, "dry")
    assert dry["total"]["spectral_loss"] != in_room["total"]["spectral_loss"]
    assert main(["evaluate", "violin", phrase, "--preset", "drey"]) == 2
    assert "violin has no preset 'drey'; did you mean 'dry'" in capsys.readouterr().err
