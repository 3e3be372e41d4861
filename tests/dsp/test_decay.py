# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.dsp.decay import (
    decay_times,
    direct_to_reverberant_db,
    energy_decay_db,
    octave_bands,
    octave_decay_times,
    octave_energies_db,
)
from ddsp_fx.errors import AudioError

ROOMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "rooms"


def room(rt60_s, rate=16000, seconds=None, noise_db=None, seed=0):
    """Exponentially decaying white noise, optionally with a noise floor at `noise_db` relative to its start."""
    random = np.random.default_rng(seed)
    n = int((seconds or 1.5 * rt60_s) * rate)
    taps = random.normal(size=n) * 10.0 ** (-3.0 * np.arange(n) / rate / rt60_s)
    return taps if noise_db is None else taps + random.normal(size=n) * 10.0 ** (noise_db / 20.0)


@settings(max_examples=25)
@given(st.floats(0.2, 2.5), st.integers(0, 10**6))
def test_an_exponential_decay_reads_its_own_time(rt60_s, seed):
    times = decay_times(room(rt60_s, seed=seed), 16000)
    # 5 %: the random variation of a decay over 30 dB; the first 10 dB of a short one vary more.
    assert times.t30_s == pytest.approx(rt60_s, rel=0.05)
    assert times.t20_s == pytest.approx(rt60_s, rel=0.08)
    assert times.early_s == pytest.approx(rt60_s, rel=0.2)
    assert times.rt60_s == times.t30_s


@pytest.mark.parametrize("noise_db", [-60, -50])
@pytest.mark.parametrize("rt60_s", [0.4, 1.0, 2.0])
def test_noise_does_not_lengthen_the_decay(rt60_s, noise_db):
    times = decay_times(room(rt60_s, seconds=3 * rt60_s, noise_db=noise_db), 16000)
    assert times.t30_s == pytest.approx(rt60_s, rel=0.1)
    assert times.t20_s == pytest.approx(rt60_s, rel=0.1)


def test_what_noise_hides_is_nan_not_invented():
    times = decay_times(room(1.0, seconds=3.0, noise_db=-12), 16000)
    assert np.isnan(times.t30_s)


def test_trailing_and_leading_silence_change_nothing():
    taps = room(0.6)
    padded = np.concatenate([np.zeros(500), taps, np.zeros(20000)])
    assert decay_times(padded, 16000) == decay_times(taps, 16000)


def test_the_curve_falls_from_0_db():
    curve = energy_decay_db(room(0.5), 16000)
    assert curve[0] == 0.0
    assert np.all(np.diff(curve) <= 0.0)


def test_octaves_add_up_in_power():
    noise = np.random.default_rng(0).normal(size=16000)
    energies = octave_energies_db(noise, 16000)
    # White noise has 3 dB more in each octave.
    assert np.diff(list(energies.values())) == pytest.approx(np.full(5, 3.0), abs=0.7)
    assert list(octave_bands(noise, 4000)) == [125.0, 250.0, 500.0, 1000.0]


def test_each_octave_has_its_own_decay():
    low, high = octave_bands(room(1.5, seconds=2.0), 16000), octave_bands(room(0.4, seconds=2.0), 16000)
    times = octave_decay_times(low[250.0] + high[4000.0], 16000)
    assert times[250.0].t20_s == pytest.approx(1.5, rel=0.2)
    assert times[4000.0].t20_s == pytest.approx(0.4, rel=0.2)


def test_direct_to_reverberant_ratio():
    taps = np.zeros(2000)
    taps[100], taps[1000] = 1.0, 0.1
    assert direct_to_reverberant_db(taps, 16000) == pytest.approx(20.0)
    assert direct_to_reverberant_db(taps[:500], 16000) == np.inf


@pytest.mark.parametrize("bad", [np.zeros(100), np.zeros((2, 10)), np.array([1.0, np.nan]), np.zeros(0)])
def test_silence_and_nonsense_are_refused(bad):
    with pytest.raises(AudioError, match="one-dimensional, finite and not silent"):
        decay_times(bad, 16000)


def test_measured_rooms_read_plausible_times():
    if not ROOMS.is_dir():
        pytest.skip(f"measured rooms are not at {ROOMS}")
    soundfile = pytest.importorskip("soundfile")
    for path in sorted(ROOMS.glob("*.flac")):
        taps, rate = soundfile.read(path, always_2d=True)
        # From a live room of 0.25 s to a plate of 4 s, whose noise leaves only the early decay measurable.
        assert 0.15 < decay_times(taps[:, 0], rate).rt60_s < 4.5, path.name
