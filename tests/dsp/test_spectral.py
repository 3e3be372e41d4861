# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.dsp.spectral import spectral_distance, stft_magnitudes
from ddsp_fx.errors import AudioError


def test_matches_the_reference(golden):
    vectors = golden("spectral_loss")
    ours = spectral_distance(vectors["target"], vectors["pred"])
    # 1e-5: float32 means over 32000 bins.
    assert ours == pytest.approx(float(vectors["loss"]), rel=1e-5)


def test_magnitudes_match_the_full_reference(full_golden):
    vectors = full_golden("spectral_loss")
    np.testing.assert_allclose(stft_magnitudes(vectors["target"], 2048), vectors["mag2048"], atol=1e-4)
    log64 = np.log(stft_magnitudes(vectors["target"], 64))
    candidates = [np.abs(log64 - vectors["logmag64"]).max()]
    log64 = np.log(stft_magnitudes(vectors["pred"], 64))
    candidates.append(np.abs(log64 - vectors["logmag64"]).max())
    assert min(candidates) < 0.01


@given(st.integers(1, 5000), st.integers(0, 2**31))
def test_distance_is_zero_to_itself_and_symmetric(length, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, length)).astype(np.float32)
    assert spectral_distance(a, a) == 0.0
    assert spectral_distance(a, b) == pytest.approx(spectral_distance(b, a))


def test_polarity_does_not_matter():
    audio = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    assert spectral_distance(audio, -audio) == 0.0


def test_unequal_lengths_are_refused():
    with pytest.raises(AudioError, match="give two equal"):
        spectral_distance(np.zeros(3, np.float32), np.zeros(4, np.float32))
