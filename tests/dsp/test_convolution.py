# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from ddsp_fx.dsp.convolution import PartitionedConvolver
from ddsp_fx.errors import AudioError


def noise(shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def stream(convolver, audio, cuts):
    blocks = np.split(audio, sorted(min(c, audio.shape[1]) for c in cuts), axis=1)
    return np.concatenate([convolver.process(block) for block in blocks], axis=1)


def one_shot(audio, taps):
    """The reference, in double precision, so that only our own rounding is measured."""
    return fftconvolve(audio.astype(np.float64), taps.astype(np.float64))[: audio.size]


def assert_close(ours, expected):
    np.testing.assert_allclose(ours, expected, atol=1e-6 * np.abs(expected).max(initial=1.0), rtol=0)


@settings(max_examples=60)
@given(
    st.one_of(st.integers(1, 300), st.sampled_from([1023, 1024, 1025, 8192, 8193, 20000])),
    st.integers(0, 20000),
    st.lists(st.integers(0, 20000), max_size=8),
)
def test_any_split_equals_one_convolution(taps, length, cuts):
    audio, room = noise((1, length)), noise((1, taps), seed=1)
    ours = stream(PartitionedConvolver(room, 1), audio, cuts)
    expected = one_shot(audio[0], room[0]) if length else audio[0]
    assert_close(ours[0], expected)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 8192), min_size=1, max_size=10))
def test_blocks_of_any_size_give_identical_samples(sizes):
    audio, room = noise((2, sum(sizes))), noise((2, 9000), seed=1)
    ours = stream(PartitionedConvolver(room, 2), audio, np.cumsum(sizes))
    assert np.array_equal(ours, PartitionedConvolver(room, 2).process(audio))


@pytest.mark.parametrize("block", [1, 64, 127, 128, 129, 1000, 8192, 10000])
def test_a_long_room_at_every_block_size(block):
    length = 40000 if block > 1 else 3000
    audio, room = noise((2, length)), noise((2, 30000), seed=1)
    ours = stream(PartitionedConvolver(room, 2), audio, range(block, length, block))
    for channel in range(2):
        assert_close(ours[channel], one_shot(audio[channel], room[channel]))


def test_one_path_serves_every_channel():
    audio, room = noise((3, 5000)), noise((1, 2000), seed=1)
    ours = PartitionedConvolver(room, 3).process(audio)
    for channel in range(3):
        assert_close(ours[channel], one_shot(audio[channel], room[0]))


def test_true_stereo_crosses_over():
    audio, room = noise((2, 5000)), noise((4, 2000), seed=1)
    left, right = PartitionedConvolver(room, 2).process(audio)
    assert_close(left, one_shot(audio[0], room[0]) + one_shot(audio[1], room[2]))
    assert_close(right, one_shot(audio[0], room[1]) + one_shot(audio[1], room[3]))


def test_a_unit_impulse_returns_the_input_without_latency():
    audio = noise((1, 500))
    assert np.array_equal(PartitionedConvolver(np.ones((1, 1), np.float32), 1).process(audio), audio)


@pytest.mark.parametrize("taps", [1, 128, 129, 5000, 9000])
def test_the_tail_is_exact(taps):
    convolver = PartitionedConvolver(np.ones((1, taps), np.float32), 1)
    impulse = np.zeros((1, 12000), np.float32)
    impulse[0, 100] = 1.0
    out = convolver.process(impulse)[0]
    assert convolver.tail_samples == taps - 1
    assert np.flatnonzero(np.abs(out) > 0.5).tolist() == list(range(100, 100 + taps))


def test_an_empty_impulse_response_is_silent():
    convolver = PartitionedConvolver(np.zeros((1, 0), np.float32), 2)
    assert convolver.tail_samples == 0
    assert not convolver.process(noise((2, 300))).any()


@pytest.mark.parametrize("n", [4, 8, 16, 32, 512, 8192])
def test_the_compiled_transform_is_the_fourier_transform(n):
    from ddsp_fx.dsp._fft_kernel import fft, fft_tables

    work = noise((4, n))
    expected = np.fft.fft(work[0].astype(np.float64) + 1j * work[1])
    fft(work, *fft_tables(n))
    np.testing.assert_allclose(work[0] + 1j * work[1], expected, atol=2e-6 * np.abs(expected).max())


def test_reset_forgets_the_room():
    room, audio = noise((1, 9000)), noise((1, 4000), seed=2)
    convolver = PartitionedConvolver(room, 1)
    first = convolver.process(audio)
    convolver.reset()
    assert np.array_equal(convolver.process(audio), first)


def test_matches_the_reference_reverb(golden):
    vectors = golden("reverb")
    room = vectors["ir"].copy()
    room[0] = 0.0
    dry = vectors["audio_in"]
    wet = PartitionedConvolver(room, 1).process(dry[None])[0]
    # 2e-4 of a peak of 44: the reference convolves by one float32 FFT.
    np.testing.assert_allclose(dry + wet, vectors["out"], atol=2e-4)


@pytest.mark.parametrize(("paths", "channels"), [(2, 1), (3, 2), (4, 1), (2, 3)])
def test_paths_that_do_not_fit_are_refused(paths, channels):
    with pytest.raises(AudioError, match=f"{paths} paths does not fit {channels} channels"):
        PartitionedConvolver(np.zeros((paths, 10), np.float32), channels)


def test_wrong_shapes_and_values_are_refused():
    with pytest.raises(AudioError, match="NaN or infinity"):
        PartitionedConvolver(np.array([1.0, np.nan], np.float32), 1)
    with pytest.raises(AudioError, match=r"expected \(paths, taps\)"):
        PartitionedConvolver(np.zeros((1, 2, 3), np.float32), 1)
    with pytest.raises(AudioError, match=r"expected \(2, samples\)"):
        PartitionedConvolver(np.ones(4, np.float32), 2).process(noise((1, 10)))
