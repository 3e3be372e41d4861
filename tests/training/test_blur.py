# SPDX-License-Identifier: GPL-3.0-or-later
"""Blur changes the level of a clip's input and target alike, and leaves the sinusoids unchanged."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.loop import batches

CONFIG = TrainConfig("toy")
CLIPS, FRAMES = 64, 200


def a_batch() -> batches.Batch:
    flat = np.full((CLIPS, FRAMES), 0.5, np.float32)
    inputs = {"f0_scaled": flat, "level_scaled": flat, "fraction": np.ones((CLIPS, 3), np.float32)}
    return inputs, np.ones((CLIPS, FRAMES * 2), np.float32)


def test_gain_of_the_sound_is_the_mean_shift_of_the_level() -> None:
    inputs, audio = batches.blurred(a_batch(), CONFIG, np.random.default_rng(0))
    gain_db = 20.0 * np.log10(audio[:, 0])
    shift_db = 80.0 * (inputs["level_scaled"] - 0.5).mean(axis=1)
    # The mean of 200 errors of 0.7 dB has a deviation of 0.05 dB.
    assert np.abs(gain_db - shift_db).max() < 0.25
    assert gain_db.std() == pytest.approx(CONFIG.gain_db, rel=0.3)


def test_pitch_misses_by_what_it_says_and_the_sinusoids_by_nothing() -> None:
    inputs, _ = batches.blurred(a_batch(), CONFIG, np.random.default_rng(0))
    semitones = 127.0 * (inputs["f0_scaled"] - 0.5)
    assert semitones.std() == pytest.approx(CONFIG.pitch_error_semitones, rel=0.05)
    assert np.array_equal(inputs["fraction"], a_batch()[0]["fraction"])


def test_same_seed_blurs_alike_and_the_batch_itself_stays() -> None:
    batch = a_batch()
    one, other = (batches.blurred(batch, CONFIG, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one[0]["level_scaled"], other[0]["level_scaled"])
    assert np.array_equal(batch[0]["level_scaled"], a_batch()[0]["level_scaled"])
