# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.dsp.smoothing import LinearSmoother
from ddsp_fx.errors import ParameterError


@given(st.lists(st.integers(0, 300), min_size=1), st.floats(-100, 100), st.floats(0, 0.02))
def test_any_split_gives_the_same_ramp(sizes, target, time_s):
    whole, cut = (LinearSmoother(8000, time_s, 1.0) for _ in range(2))
    for smoother in (whole, cut):
        smoother.set_target(target)
    pieces = np.concatenate([cut.process(n) for n in sizes])
    assert np.array_equal(pieces, whole.process(sum(sizes)))


def test_a_ramp_takes_its_time_and_ends_on_the_target():
    smoother = LinearSmoother(1000, 0.01, 0.0)
    smoother.set_target(1.0)
    assert smoother.is_moving
    np.testing.assert_allclose(smoother.process(12), [*np.linspace(0.1, 1.0, 10), 1.0, 1.0], rtol=1e-6)
    assert not smoother.is_moving
    assert smoother.value == smoother.target == 1.0


def test_a_new_target_starts_from_where_the_value_is():
    smoother = LinearSmoother(1000, 0.01, 0.0)
    smoother.set_target(1.0)
    smoother.process(5)
    smoother.set_target(0.0)
    assert smoother.process(1)[0] == pytest.approx(0.45)


def test_the_same_target_again_does_not_restart_the_ramp():
    smoother = LinearSmoother(1000, 0.01, 0.0)
    smoother.set_target(1.0)
    smoother.process(9)
    smoother.set_target(1.0)
    assert smoother.process(1)[0] == 1.0


def test_snap_and_zero_time_jump():
    smoother = LinearSmoother(1000, 0.0, 0.0)
    smoother.set_target(3.0)
    assert smoother.process(2).tolist() == [3.0, 3.0]
    smoother.snap(-1.0)
    assert smoother.process(1).tolist() == [-1.0]


@pytest.mark.parametrize(("rate", "time_s"), [(0, 0.1), (48000, -1.0), (float("nan"), 0.1)])
def test_nonsense_is_refused(rate, time_s):
    with pytest.raises(ParameterError, match="LinearSmoother"):
        LinearSmoother(rate, time_s, 0.0)
