# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.dsp.scaling import amplitude_to_db, db_to_amplitude, exp_sigmoid, hz_to_midi, midi_to_hz


def test_exp_sigmoid_matches_the_reference(golden):
    vectors = golden("exp_sigmoid")
    # 2e-6 relative: the reference itself works in float32.
    np.testing.assert_allclose(exp_sigmoid(vectors["x"]), vectors["y"], rtol=2e-6)


@given(st.floats(-1e4, 1e4), st.floats(0, 100))
def test_exp_sigmoid_rises_and_stays_in_range(x, step):
    low, high = exp_sigmoid(np.array([x, x + step]))
    assert 1e-7 <= low <= high <= 2.0 + 1e-7


@given(st.floats(0, 127))
def test_midi_and_hertz_are_inverses(note):
    assert hz_to_midi(midi_to_hz(note)) == pytest.approx(note, abs=1e-9)


@pytest.mark.parametrize("silent_hz", [0.0, -1.0, 0])
def test_no_frequency_is_note_zero(silent_hz):
    assert hz_to_midi(silent_hz) == 0.0


def test_concert_pitch():
    assert hz_to_midi(440.0) == 69.0
    assert midi_to_hz(69) == 440.0


@given(st.floats(-119, 60))
def test_decibels_and_amplitude_are_inverses(db):
    assert amplitude_to_db(db_to_amplitude(db)) == pytest.approx(db, abs=1e-9)


def test_the_floor_holds_for_silence():
    assert amplitude_to_db(np.zeros(2, np.float32), floor_db=-80.0).tolist() == [-80.0, -80.0]


def test_float32_stays_float32():
    x = np.ones(3, np.float32)
    for function in (exp_sigmoid, hz_to_midi, midi_to_hz, db_to_amplitude, amplitude_to_db):
        assert function(x).dtype == np.float32
