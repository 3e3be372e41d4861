# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.errors import ParameterError

rates = st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 88200, 96000, 192000, 44099.5])
frames = st.integers(0, 10**8)


@given(rates, frames)
def test_start_is_the_first_sample_at_or_after_the_frame(rate, k):
    grid = FrameGrid(rate)
    exact = Fraction(rate) * 320 * k / 16000
    assert grid.start(k) - 1 < exact <= grid.start(k)


@given(rates, frames)
def test_no_segment_is_longer_than_the_longest(rate, k):
    grid = FrameGrid(rate)
    assert grid.longest - 1 <= grid.start(k + 1) - grid.start(k) <= grid.longest


@given(rates, frames)
def test_weights_stay_between_two_frames_and_never_drift(rate, k):
    grid = FrameGrid(rate)
    fraction, step = grid.weights(k)
    last = fraction + step * (grid.start(k + 1) - 1 - grid.start(k))
    assert 0 <= fraction < step
    assert last < 1
    assert 1 <= last + step < 1 + step + 1e-12


@given(rates, st.integers(0, 10**9))
def test_frames_up_to_is_the_first_frame_that_covers(rate, n):
    grid = FrameGrid(rate)
    k = grid.frames_up_to(n)
    assert grid.start(k) >= n
    assert k == 0 or grid.start(k - 1) < n


def test_fractional_hop():
    grid = FrameGrid(11025)
    assert [grid.start(k) for k in range(4)] == [0, 221, 441, 662]


@pytest.mark.parametrize("bad", [{"sample_rate": 0}, {"sample_rate": float("nan")}, {"sample_rate": 1, "hop": -1}])
def test_nonsense_is_refused(bad):
    with pytest.raises(ParameterError, match="positive, finite"):
        FrameGrid(**bad)
