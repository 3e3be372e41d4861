# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies at another speed: the requested notes, the resulting length, and the pitch analysed in the copy itself."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig, make_config
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.varispeed import copies

CONFIG = TrainConfig("toy", tracker="mcleod", varispeed_semitones=5.0, clip_seconds=0.5, pre_roll_seconds=0.3)


def a_track(seconds: float = 3.0, f0_hz: float = 440.0) -> Passage:
    phase = 2.0 * np.pi * f0_hz * np.arange(round(seconds * 16000)) / 16000.0
    audio = sum(np.sin(k * phase) / k for k in range(1, 6)) * 0.2
    frames = round(seconds * CONFIG.frame_rate)
    steady = np.ones(frames, np.float32)
    return Passage("a.wav", np.asarray(audio, np.float32), f0_hz * steady, steady, -20.0 * steady)


def test_one_lower_and_longer_one_higher_and_shorter(tmp_path: Path) -> None:
    passage = a_track()
    for copy, semitones in zip(copies([passage], CONFIG, tmp_path), (-5.0, 5.0), strict=True):
        ratio = 2.0 ** (semitones / 12.0)
        inside = copy.f0_hz[10:-10]
        # Refined pitch is accurate to one or two cents for steady harmonics.
        assert np.abs(1200.0 * np.log2(inside / (440.0 * ratio))).max() < 3.0
        assert copy.frames == pytest.approx(passage.frames / ratio, abs=2)


def test_none_by_default_and_none_too_short_for_a_clip(tmp_path: Path) -> None:
    assert copies([a_track()], TrainConfig("toy", tracker="mcleod"), tmp_path) == []
    # 0.9 s transposed up by five semitones are 0.67 s, less than a clip of 0.8 s.
    assert [copy.name for copy in copies([a_track(0.9)], CONFIG, tmp_path)] == ["a.wav -5"]


def test_settings_below_their_limits_and_the_unsupervised_encoder_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"gain_db: it should be greater than or equal to 0 \(got -1.0\)"):
        make_config({"name": "toy", "gain_db": -1.0})
    with pytest.raises(TrainingError, match=r"varispeed_semitones needs a tracker's pitch"):
        TrainConfig("toy", encoder="unsupervised", varispeed_semitones=5.0)
