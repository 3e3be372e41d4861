# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.dsp.delay import DelayLine, Fifo
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.errors import AudioError


@given(st.integers(0, 500), st.lists(st.integers(0, 400), min_size=1, max_size=8))
def test_audio_comes_out_exactly_later(samples, sizes):
    line = DelayLine(2, samples)
    audio = np.arange(2 * sum(sizes), dtype=np.float32).reshape(2, -1) + 1
    blocks = np.split(audio, np.cumsum(sizes)[:-1], axis=1)
    out = np.concatenate([line.process(block) for block in blocks], axis=1)
    expected = np.concatenate([np.zeros((2, samples), np.float32), audio], axis=1)[:, : audio.shape[1]]
    assert np.array_equal(out, expected)


def test_reset_silences_a_delay():
    line = DelayLine(1, 10)
    line.process(np.ones((1, 7), np.float32))
    line.reset()
    assert not line.process(np.zeros((1, 20), np.float32)).any()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30))
def test_a_fifo_is_a_list_with_a_limit(steps):
    fifo, model, counter = Fifo(1, 100), [], 0
    for write, read in steps:
        block = np.arange(counter, counter + write, dtype=np.float32)[None]
        if len(model) + write <= 100:
            fifo.write(block)
            model += block[0].tolist()
            counter += write
        n = min(read, len(model))
        assert fifo.read(n)[0].tolist() == model[:n]
        del model[:n]
        assert fifo.available == len(model)


def test_a_full_or_empty_fifo_says_so():
    fifo = Fifo(1, 4)
    with pytest.raises(AudioError, match="5 samples do not fit beside 0 of 4"):
        fifo.write(np.zeros((1, 5), np.float32))
    with pytest.raises(AudioError, match="asked for 1 samples, it holds 0"):
        fifo.read(1)
    with pytest.raises(AudioError, match="at least 1"):
        Fifo(1, 0)
    with pytest.raises(AudioError, match="at least 1 channel"):
        DelayLine(0, 10)


def test_finite_audio_is_not_copied():
    block = np.array([[1e38, 3e38, 3e38]], np.float32)
    clean, found = replace_non_finite(block)
    assert clean is block
    assert not found


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_samples_become_silence(bad):
    block = np.array([[0.5, bad, -0.5]], np.float32)
    clean, found = replace_non_finite(block)
    assert found
    assert clean.tolist() == [[0.5, 0.0, -0.5]]
    assert clean.dtype == np.float32
