# SPDX-License-Identifier: GPL-3.0-or-later
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.dsp.decimate import AnalysisDecimator
from ddsp_fx.errors import ParameterError

RATES = [8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000, 44099.5]


def stream(rate, audio, cuts):
    decimator = AnalysisDecimator(rate)
    blocks = np.split(audio, sorted(min(c, audio.size) for c in cuts))
    return np.concatenate([*(decimator.process(block) for block in blocks), decimator.flush()])


@settings(max_examples=60)
@given(st.sampled_from(RATES), st.integers(0, 4000), st.lists(st.integers(0, 4000), max_size=6))
def test_any_split_gives_the_same_samples(rate, length, cuts):
    audio = np.random.default_rng(0).uniform(-1, 1, length).astype(np.float32)
    assert np.array_equal(stream(rate, audio, cuts), stream(rate, audio, []))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("length", [0, 1, 2, 99, 31999])
def test_as_many_outputs_as_the_input_lasts(rate, length):
    assert stream(rate, np.zeros(length, np.float32), []).size == math.ceil(length * 16000 / Fraction(rate))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency_hz", [60.0, 997.0, 3200.0])
def test_a_sine_comes_out_at_exactly_its_time(rate, frequency_hz):
    audio = np.sin(2 * np.pi * frequency_hz * np.arange(int(0.1 * rate)) / rate).astype(np.float32)
    out = stream(rate, audio, [])
    expected = np.sin(2 * np.pi * frequency_hz * np.arange(out.size) / 16000)
    inner = slice(100, -100)
    # 2e-3: the pass band ripple of a 60 dB Kaiser window.
    np.testing.assert_allclose(out[inner], expected[inner], atol=2e-3)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("frequency_hz", [8100.0, 11000.0, 15900.0])
def test_what_would_alias_is_60_db_down(rate, frequency_hz):
    audio = np.sin(2 * np.pi * frequency_hz * np.arange(rate // 10) / rate).astype(np.float32)
    out = stream(rate, audio, [])[100:-100]
    assert np.sqrt(np.mean(out**2)) < 1.5e-3 * np.sqrt(0.5)


@pytest.mark.parametrize("rate", RATES)
def test_look_ahead_is_exact(rate):
    decimator = AnalysisDecimator(rate)
    emitted = 0
    for received in range(1, 3000):
        emitted += decimator.process(np.zeros(1, np.float32)).size
        last, following = (math.ceil(j * Fraction(rate) / 16000) for j in (emitted - 1, emitted))
        assert emitted == 0 or last + decimator.look_ahead < received
        assert following + decimator.look_ahead >= received
    assert decimator.look_ahead < 0.0015 * rate


def test_16_khz_passes_untouched():
    audio = np.random.default_rng(1).normal(size=777).astype(np.float32)
    assert AnalysisDecimator(16000).look_ahead == 0
    assert np.array_equal(stream(16000, audio, [5]), audio)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_rate_must_be_positive(rate):
    with pytest.raises(ParameterError, match="must be positive"):
        AnalysisDecimator(rate)
