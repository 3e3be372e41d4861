# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a resynthesis: each is tested with a known error."""

import numpy as np
import pytest
from support import tone

from ddsp_fx.analysis.features import Features
from ddsp_fx.analysis.resynthesis_figures import Comparison, compare, figures, pair
from ddsp_fx.errors import AudioError

RATE = 16000


def _features(f0_hz: object, confidence: object = 1.0, level_db: object = -20.0, n: int = 8) -> Features:
    arrays = (np.broadcast_to(np.asarray(value, np.float32), (n,)) for value in (f0_hz, confidence, level_db))
    return Features(*arrays)


def _figures(wanted: Features, got: Features) -> dict[str, float]:
    return figures([Comparison(wanted, got, 1.0, 1.0)])


def test_a_sound_is_no_distance_from_itself() -> None:
    sound = tone(1.0, RATE)[0]
    found = compare(sound, sound, RATE, "mcleod")
    assert found["f0_l1_semitones"] == found["f0_outliers"] == found["paper_f0_outliers"] == 0.0
    assert found["loudness_l1"] == found["spectral_loss"] == 0.0
    assert found["voiced_kept"] == 1.0


def test_a_sound_twenty_cents_sharp_and_six_db_down() -> None:
    found = compare(tone(1.0, RATE, 220.0)[0], tone(1.0, RATE, 220.0 * 2 ** (0.2 / 12), 0.15)[0], RATE, "mcleod")
    assert found["f0_l1_semitones"] == pytest.approx(0.2, abs=0.02)
    assert found["paper_f0_l1_semitones"] == pytest.approx(0.2, abs=0.02)
    assert found["loudness_l1"] == pytest.approx(6.02 / 80, abs=0.01)
    assert found["spectral_loss"] > 0.5


def test_an_octave_error_is_an_outlier_for_us_and_a_difference_for_the_paper() -> None:
    f0_hz = np.array([440, 440, 440, 440, 440, 440, 880, 880.0])
    found = _figures(_features(440.0), _features(f0_hz))
    assert (found["f0_outliers"], found["f0_l1_semitones"]) == (0.25, 0.0)
    assert found["f0_l1_all_semitones"] == found["paper_f0_l1_semitones"] == pytest.approx(3.0)
    assert found["paper_f0_outliers"] == 0.0


def test_a_doubtful_frame_is_an_outlier_for_the_paper_alone() -> None:
    doubtful = _features(440.0, np.array([1, 1, 1, 1, 1, 1, 0.84, 0.6]))
    found = _figures(_features(440.0), doubtful)
    assert (found["f0_outliers"], found["paper_f0_outliers"], found["voiced_kept"]) == (0.0, 0.25, 1.0)
    # A frame that was doubtful in the recording does not count against the resynthesis.
    assert _figures(doubtful, doubtful)["paper_f0_outliers"] == 0.0


def test_a_lost_frame_is_not_kept() -> None:
    found = _figures(_features(440.0), _features(440.0, np.array([1, 1, 1, 1, 1, 1, 0, 0.49])))
    assert (found["voiced_kept"], found["f0_outliers"]) == (0.75, 0.0)


def test_a_recording_without_a_note_has_no_pitch_figures() -> None:
    found = _figures(_features(220.0, 0.0), _features(220.0, 0.0))
    assert [name for name, value in found.items() if np.isfinite(value)] == ["loudness_l1", "spectral_loss"]


def test_a_resynthesis_that_lost_every_note_is_the_worst() -> None:
    found = _figures(_features(220.0), _features(220.0, 0.0))
    assert np.isnan([found["f0_l1_semitones"], found["f0_l1_all_semitones"], found["paper_f0_l1_semitones"]]).all()
    assert (found["f0_outliers"], found["voiced_kept"], found["paper_f0_outliers"]) == (1.0, 0.0, 1.0)


def test_frames_of_many_recordings_count_alike_and_losses_by_length() -> None:
    near = Comparison(_features(440.0, n=9), _features(440.0, n=9), 2.0, 3.0)
    far = Comparison(_features(440.0, n=3), _features(880.0, level_db=-28.0, n=3), 6.0, 1.0)
    found = figures([near, far])
    assert found["f0_outliers"] == 0.25
    assert found["loudness_l1"] == pytest.approx(8 / 80 / 4)
    assert found["spectral_loss"] == pytest.approx(3.0)


def test_sounds_are_cut_to_the_shorter_and_none_is_refused() -> None:
    sound, features = tone(0.5, RATE)[0], _features(220.0, n=26)
    compared = pair(sound, sound[:4000], RATE, features, _features(220.0, n=14))
    assert (compared.seconds, len(compared.wanted), len(compared.got)) == (0.25, 14, 14)
    with pytest.raises(AudioError, match="0 samples"):
        pair(sound, sound[:0], RATE, features, features)


def test_what_is_too_short_for_a_spectrum_adds_none() -> None:
    one_sample = tone(0.1, 44100)[0, :1]
    short = pair(one_sample, one_sample, 44100, _features(440.0, n=1), _features(440.0, n=1))
    assert np.isnan(figures([short])["spectral_loss"])
    assert figures([short, Comparison(_features(440.0), _features(440.0), 2.0, 3.0)])["spectral_loss"] == 2.0
