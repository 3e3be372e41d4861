# SPDX-License-Identifier: GPL-3.0-or-later
"""A model's rate and size follow from the highest and lowest frequencies in its recordings."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pedalboard.io import AudioFile

from ddsp_fx.training.config import make_config, read_settings
from ddsp_fx.training.data.bandwidth import Reach, fill_in, lowest_pitch_hz, reach_of, top_levels_db

Array = np.ndarray
RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


def sawtooth(f0_hz: float, top_hz: float, rate_hz: float = 44100.0, hiss_db: float = -200.0) -> Array:
    """Two seconds of harmonics 1/k below ``top_hz``, over white noise with a total level of ``hiss_db``."""
    time, numbers = np.arange(round(2 * rate_hz)) / rate_hz, np.arange(1, int(top_hz / f0_hz) + 1)
    audio = 0.2 * sum(np.sin(2 * np.pi * k * f0_hz * time) / k for k in numbers)
    noise = np.random.default_rng(0).normal(0, 10 ** (hiss_db / 20), len(time))
    return np.asarray(audio + noise, np.float32)


def synthesis_rate(heard: list[tuple[Array, float]]) -> int:
    return Reach(top_levels_db(heard), 220.0).sample_rate


@pytest.mark.parametrize(
    ("top_hz", "native_hz", "rate"),
    [
        (7500, 44100, 16000),
        (7500, 16000, 16000),
        (11000, 22050, 32000),
        (15500, 48000, 32000),
        (20000, 44100, 48000),
        (40000, 96000, 48000),
    ],
)
def test_nothing_that_sounds_is_above_the_model_s_half(top_hz: float, native_hz: float, rate: int) -> None:
    assert synthesis_rate([(sawtooth(220.0, top_hz, native_hz), native_hz)]) == rate


@pytest.mark.parametrize(("hiss_db", "rate"), [(-90.0, 16000), (-45.0, 48000)])
def test_faint_hiss_is_no_overtone(hiss_db: float, rate: int) -> None:
    assert synthesis_rate([(sawtooth(440.0, 7500, hiss_db=hiss_db), 44100.0)]) == rate


def test_most_recordings_decide_and_silence_does_not_count_as_sound() -> None:
    dull, bright, silent = (sawtooth(220.0, 7500), 44100.0), (sawtooth(220.0, 20000), 44100.0), (np.zeros(9999), 8e3)
    assert synthesis_rate([dull, bright, bright]) == 48000
    assert synthesis_rate([dull, dull, bright]) == 16000
    assert synthesis_rate([silent]) == 16000


@pytest.mark.parametrize("f0_hz", [82.4, 196.0, 880.0])
def test_the_lowest_pitch_is_heard(f0_hz: float) -> None:
    # The live tracker is accurate to 5 cents for a steady tone.
    assert lowest_pitch_hz([(sawtooth(f0_hz, 7000), 44100.0)]) == pytest.approx(f0_hz, rel=3e-3)
    assert lowest_pitch_hz([(np.zeros(44100, np.float32), 44100.0)]) == 220.0


@settings(deadline=None)
@given(st.sampled_from([16000, 32000, 48000]), st.floats(30.0, 2000.0))
def test_harmonics_reach_the_top_from_the_lowest_pitch_within_limits(rate: int, low_hz: float) -> None:
    chosen = Reach({}, low_hz).settings(rate)
    assert chosen["n_harmonics"] * low_hz >= rate / 2 or chosen["n_harmonics"] == 200
    assert chosen["n_harmonics"] >= (60 if rate == 16000 else 100)
    config = make_config({"name": "x", **chosen})
    assert 2 * (config.n_bands - 1) <= config.hop


def test_what_is_stated_stands() -> None:
    reach = Reach({48000: -40.0, 32000: -20.0}, 100.0)
    assert str(reach) == "-40 dB at 16.5 to 19.5 kHz, -20 dB at 8.5 to 10.5 kHz"
    assert fill_in({"name": "x", "n_harmonics": 60}, reach)["n_harmonics"] == 60
    assert fill_in({"sample_rate": 32000}, reach) == {"sample_rate": 32000, "n_harmonics": 160, "n_bands": 129}
    # 96 kHz is refused by the settings themselves or trained as requested, with nothing filled in.
    assert fill_in({"sample_rate": 96000}, reach) == {"sample_rate": 96000}


def test_a_folder_is_listened_to_in_few_places(tmp_path: Path) -> None:
    for number in range(30):
        with AudioFile(str(tmp_path / f"{number:02d}.wav"), "w", 44100, 1) as file:
            file.write(sawtooth(196.0, 20000)[np.newaxis])
    reach = reach_of(tmp_path)
    assert reach.sample_rate == 48000
    assert reach.settings(48000)["n_harmonics"] == 130
    (tmp_path / "00.wav").write_text("no audio")
    assert reach_of(tmp_path) == reach


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_recipes_state_what_would_otherwise_be_measured(recipe: Path) -> None:
    stated = {"sample_rate", "n_harmonics", "n_bands", "frame_rate", "weights", "steps"}
    assert stated <= set(read_settings(recipe))
