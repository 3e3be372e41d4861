# SPDX-License-Identifier: GPL-3.0-or-later
"""What `ddsp-fx train` reports about recordings before it spends an hour on them."""

from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx.analysis.features import extract
from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig, make_config, read_recipe
from ddsp_fx.training.data.recordings import (
    Recording,
    Verdict,
    clipped_runs,
    find_recordings,
    judge,
    read_recording,
    require_enough,
)

RATE = 16000


def _judge(audio: np.ndarray, native_rate: float = 44100) -> Verdict:
    recording = Recording(Path("take.wav"), audio.astype(np.float32), RATE, native_rate)
    return judge(recording, extract(recording.audio, RATE))


def test_a_good_take_has_no_remarks() -> None:
    verdict = _judge(tone(3.0, RATE, 440.0)[0])
    assert (verdict.warnings, verdict.fatal) == ([], "")


def test_each_fault_is_named_with_its_number() -> None:
    note = tone(3.0, RATE, 440.0)[0]
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 3 * RATE)
    pauses = np.concatenate([note[:RATE], np.zeros(4 * RATE)])
    faults = {
        "quiet: peak -46 dBFS": note * 0.0167,
        "clipped in": np.clip(note * 8.0, -1, 1),
        "% silence; cut the pauses": pauses,
        "is it a single line": noise,
    }
    for message, audio in faults.items():
        assert any(message in warning for warning in _judge(audio).warnings), message
    assert any("8000 Hz on disk" in w for w in _judge(note, 8000).warnings)
    assert _judge(note * 1e-5).fatal.startswith("is silent")


def test_a_chord_is_not_taken_for_a_clear_take() -> None:
    t = np.arange(3 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * k * t) / k for f in (233.1, 311.1, 415.3, 554.4) for k in (1, 2, 3))
    assert any("single line" in w for w in _judge(0.1 * chord).warnings)


def test_clipping_needs_a_flat_top() -> None:
    sine = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE).astype(np.float32)
    assert clipped_runs(0.9 * sine) == 0
    assert clipped_runs(np.clip(1.5 * sine, -1, 1)) > 100


def test_too_little_is_refused_and_little_is_warned_of() -> None:
    short, fair = Verdict("a.wav", 10.0, -3.0), Verdict("b.wav", 60.0, -3.0)
    with pytest.raises(TrainingError, match=r"10 s of usable sound; at least 30 s are needed"):
        require_enough([short])
    with pytest.raises(TrainingError, match=r"c.wav is silent"):
        require_enough([short, Verdict("c.wav", 99.0, -90.0, fatal="is silent (peak -90 dBFS)")])
    assert "60 s in all is little" in require_enough([fair])[0]
    assert require_enough([Verdict("d.wav", 600.0, -3.0)]) == []


def test_where_too_little_is_left_the_cut_file_is_named() -> None:
    """Only its remark tells that 10 s of a whole minute were read."""
    cut = Recording(
        Path("a.wav"), tone(10.0, RATE, 440.0)[0].astype(np.float32), RATE, RATE, ("10 s of 60 s can be read",)
    )
    with pytest.raises(TrainingError, match=r"10 s of usable sound \(a\.wav: 10 s of 60 s can be read\); at least 30"):
        require_enough([judge(cut, extract(cut.audio, RATE))])


def test_folders_and_files(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no such file or folder"):
        find_recordings(tmp_path / "absent")
    with pytest.raises(TrainingError, match="the folder is empty"):
        find_recordings(tmp_path)
    (tmp_path / "fake.wav").write_text("not audio")
    with pytest.raises(TrainingError, match=r"fake.wav: not an audio file"):
        read_recording(tmp_path / "fake.wav", RATE)
    with AudioFile(str(tmp_path / "real.wav"), "w", 44100, 2) as file:
        file.write(tone(1.0, 44100, channels=2))
    recording = read_recording(tmp_path / "real.wav", RATE)
    assert recording.seconds == pytest.approx(1.0, abs=0.01)
    assert recording.native_rate == 44100


def test_recipes(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('name = "cello"\nsteps = 10\n')
    assert read_recipe(path, steps=20) == TrainConfig("cello", steps=20)
    path.write_text('name = "cello"\nstep = 10\n')
    with pytest.raises(TrainingError, match="unknown setting 'step'"):
        read_recipe(path)
    with pytest.raises(TrainingError, match="a name is needed"):
        make_config({})
    with pytest.raises(TrainingError, match=r"batch: it should be .* 1 \(got 0\)"):
        make_config({"name": "x", "batch": 0})


ODD_RECIPES = {
    "a number as text": ('steps = "300"', "steps: it should be a valid integer"),
    "a tracker that is none": ('tracker = "yin"', "no pitch tracker is called 'yin'; installed: "),
    "a tracker from a file": ('tracker = "ddsp-vst:a.tflite"', "tracker: "),
    "a choice that is none": ('decoder = "huge"', "no decoder is called 'huge'; installed: compact, full, tiny"),
    "time that runs back": ("minutes = -3", "minutes: it should be greater than 0"),
    "no time": ("minutes = nan", "minutes: it should be a finite number"),
    "a switch as a number": ("room = 1", "room: it should be a valid boolean"),
    "an id that is none": ('bundle_id = "Mine!"', "bundle_id: "),
    "a rate of its own": ("sample_rate = 44100", "sample_rate 44100 is not a multiple of 16000"),
    "digits without end": (f"steps = {'9' * 5000}", "not a TOML recipe"),
    "brackets without end": (f"steps = {'[' * 100_000}", "not a TOML recipe"),
    "not TOML": ("steps = ", "not a TOML recipe"),
}


@pytest.mark.parametrize("name", ODD_RECIPES)
def test_a_recipe_that_is_wrong_is_one_line(name: str, tmp_path: Path) -> None:
    text, message = ODD_RECIPES[name]
    path = tmp_path / "recipe.toml"
    path.write_text(f'name = "cello"\n{text}\n')
    with pytest.raises(TrainingError) as caught:
        read_recipe(path)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_all_that_is_wrong_with_a_recipe_is_told_at_once() -> None:
    with pytest.raises(TrainingError, match=r"steps: .*; .*seed: "):
        make_config({"name": "x", "steps": 0, "seed": -1})
