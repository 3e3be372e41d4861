# SPDX-License-Identifier: GPL-3.0-or-later
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.analysis.features import FIRST_F0_HZ, Features, FeatureStream, extract
from ddsp_fx.analysis.mcleod import McLeodTracker
from ddsp_fx.dsp.loudness import FLOOR_DB, loudness_db, power_db
from ddsp_fx.errors import AudioError, ParameterError

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000]


def tone(rate, seconds, f0_hz=220.0, level=0.3):
    time = np.arange(int(rate * seconds)) / rate
    return (level * sum(np.sin(2 * np.pi * h * f0_hz * time) / h for h in range(1, 8))).astype(np.float32)


def stream(rate, audio, cuts, **options):
    features = FeatureStream(rate, **options)
    blocks = np.split(audio, sorted(min(c, audio.size) for c in cuts))
    parts = [*(features.process(block) for block in blocks), features.flush()]
    fields = ("f0_hz", "confidence", "level_db")
    return Features(*(np.concatenate([getattr(part, f) for part in parts]) for f in fields))


def assert_same(a, b):
    assert np.array_equal(a.f0_hz, b.f0_hz)
    assert np.array_equal(a.confidence, b.confidence)
    assert np.array_equal(a.level_db, b.level_db)


@settings(max_examples=40)
@given(
    st.sampled_from(RATES),
    st.sampled_from(["loudness", "power"]),
    st.floats(0, 0.3),
    st.lists(st.integers(0, 20000), max_size=8),
)
def test_any_split_gives_the_same_features(rate, level, seconds, cuts):
    audio = tone(rate, seconds) + np.random.default_rng(0).normal(0, 0.05, int(rate * seconds)).astype(np.float32)
    assert_same(stream(rate, audio, cuts, level=level), stream(rate, audio, [], level=level))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("length", [0, 1, 99, 31999])
def test_frames_enclose_the_sound(rate, length):
    at_16k = math.ceil(length * 16000 / Fraction(rate))
    assert len(extract(np.zeros(length, np.float32), rate)) == math.ceil(at_16k / 320) + 1


@pytest.mark.parametrize("rate", RATES)
def test_look_ahead_bounds_every_frame(rate):
    features = FeatureStream(rate)
    received = frames = 0
    while received < rate // 2:
        new = len(features.process(np.zeros(7, np.float32)))
        frames, received = frames + new, received + 7
        last, following = (math.ceil(k * 320 * Fraction(rate) / 16000) for k in (frames - 1, frames))
        assert received < following + features.look_ahead_samples + 7
        # The bound is tight: no frame comes out more than two 16 kHz samples before it.
        assert not new or received >= last + features.look_ahead_samples - 2 * rate / 16000


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_reads_its_pitch_and_level_at_every_rate(rate):
    features = extract(tone(rate, 0.5), rate, level="power")
    inner = slice(3, -3)
    assert features.voiced[inner].all()
    np.testing.assert_allclose(features.f0_hz[inner], 220.0, rtol=2e-3)
    at_16k = power_db(tone(16000, 0.5), hop=320, frame=1024)[: len(features)]
    # 0.6 dB at 8 kHz, where Nyquist removes no harmonic of this tone but the pass band ends earlier.
    np.testing.assert_allclose(features.level_db[inner], at_16k[inner], atol=0.6 if rate < 16000 else 0.05)


def test_levels_are_those_of_the_meter():
    audio = tone(16000, 1.0)
    features = extract(audio, 16000)
    assert np.array_equal(features.level_db, loudness_db(audio, hop=320, frame=1024))


def test_frames_are_centred_on_their_time():
    audio = np.zeros(16000, np.float32)
    audio[8000:] = tone(16000, 0.5)
    level = extract(audio, 16000, level="power").level_db
    # Frame 25 is centred on sample 8000: half of it has sound, which is 3 dB less.
    assert level[27] - level[25] == pytest.approx(3.0, abs=0.3)


def test_silence_is_unvoiced_at_the_floor_and_never_0_hz():
    features = extract(np.zeros(16000, np.float32), 16000)
    assert not features.voiced.any()
    assert set(features.f0_hz.tolist()) == {FIRST_F0_HZ}
    assert set(features.level_db.tolist()) == {FLOOR_DB}


def test_unvoiced_frames_hold_the_last_pitch():
    audio = np.concatenate([tone(16000, 0.4, 330.0), np.zeros(6400, np.float32)])
    features = extract(audio, 16000)
    rest = ~features.voiced & (np.arange(len(features)) > 10)
    assert rest.sum() > 10
    np.testing.assert_allclose(features.f0_hz[rest], 330.0, rtol=0.02)


def test_non_finite_audio_counts_as_silence():
    audio = tone(48000, 0.2)
    audio[100], audio[5000] = np.nan, np.inf
    features = extract(audio, 48000)
    for array in (features.f0_hz, features.confidence, features.level_db):
        assert np.isfinite(array).all()
        assert array.dtype == np.float32


def test_flush_and_reset_start_anew():
    audio = tone(44100, 0.3)
    features = FeatureStream(44100)
    first = features.process(audio)
    features.flush()
    assert_same(features.process(audio), first)
    features.reset()
    assert_same(features.process(audio), first)


def test_wrong_use_is_explained():
    with pytest.raises(AudioError, match="expected mono"):
        FeatureStream(16000).process(np.zeros((2, 10), np.float32))
    with pytest.raises(ParameterError, match="'loudness' or 'power'"):
        FeatureStream(16000, level="db")
    with pytest.raises(ParameterError, match="has hop 256, the stream 320"):
        FeatureStream(16000, McLeodTracker(hop=256))
