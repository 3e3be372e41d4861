# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.dsp.resample import StreamingResampler, resample
from ddsp_fx.errors import AudioError

PAIRS = [(48000, 16000), (44100, 16000), (16000, 48000), (16000, 44100), (22050, 11025)]


@settings(max_examples=30)
@given(st.sampled_from(PAIRS), st.integers(0, 9000), st.lists(st.integers(0, 9000), max_size=5))
def test_any_split_equals_one_shot(rates, length, cuts):
    audio = np.random.default_rng(0).uniform(-1, 1, (2, length)).astype(np.float32)
    stream = StreamingResampler(*rates, channels=2)
    blocks = np.split(audio, sorted(min(c, length) for c in cuts), axis=1)
    out = np.concatenate([*(stream.process(block) for block in blocks), stream.flush()], axis=1)
    expected = resample(audio, *rates)
    assert abs(out.shape[1] - expected.shape[1]) <= 1
    n = min(out.shape[1], expected.shape[1])
    np.testing.assert_allclose(out[:, :n], expected[:, :n], atol=1e-6)


@settings(max_examples=30)
@given(st.sampled_from(PAIRS), st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_never_more_than_delay_is_withheld(rates, sizes):
    stream = StreamingResampler(*rates)
    received = made = 0
    for size in sizes:
        received += size
        made += stream.process(np.zeros((1, size), np.float32)).shape[1]
        assert received * rates[1] / rates[0] - made <= stream.delay


def test_a_sine_keeps_its_time():
    audio = np.sin(2 * np.pi * 440 * np.arange(48000) / 48000).astype(np.float32)
    out = resample(audio, 48000, 16000)
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    np.testing.assert_allclose(out[500:-500], expected[500:-500], atol=1e-4)


def test_the_same_rate_passes_untouched():
    stream = StreamingResampler(16000, 16000, channels=2)
    audio = np.ones((2, 9), np.float32)
    assert stream.delay == 0
    assert np.array_equal(stream.process(audio), audio)
    assert stream.flush().shape == (2, 0)
    assert np.array_equal(resample(audio, 16000, 16000), audio)


def test_reset_and_flush_start_a_new_stream():
    audio = np.random.default_rng(0).uniform(-1, 1, (1, 5000)).astype(np.float32)
    stream = StreamingResampler(44100, 16000)
    first = np.concatenate([stream.process(audio), stream.flush()], axis=1)
    stream.process(audio[:, :100])
    stream.reset()
    assert np.array_equal(np.concatenate([stream.process(audio), stream.flush()], axis=1), first)


def test_wrong_use_is_explained():
    with pytest.raises(AudioError, match="both must be positive"):
        resample(np.zeros(4, np.float32), 0, 16000)
    with pytest.raises(AudioError, match=r"expected \(2, samples\)"):
        StreamingResampler(48000, 16000, 2).process(np.zeros((1, 4), np.float32))
