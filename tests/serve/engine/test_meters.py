# SPDX-License-Identifier: GPL-3.0-or-later
"""Meters and clocks that run parallel to the audio."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx_bridge.engine.clock import ClockMap
from ddsp_fx_bridge.engine.meters import SCOPE_SAMPLES, Meter, Scope
from serve.engine.blocks import BLOCK, RATE, noise


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_meters_do_not_depend_on_blocks(sizes: list[int]) -> None:
    audio = noise(sum(sizes))
    whole, cut = Meter(RATE), Meter(RATE)
    scope = Scope()
    whole.push(audio)
    start = 0
    for size in sizes:
        cut.push(audio[:, start : start + size])
        scope.push(audio[:, start : start + size])
        start += size
    assert cut.levels_db == pytest.approx(whole.levels_db)
    n = min(SCOPE_SAMPLES, audio.shape[1])
    assert np.allclose(scope.latest(n), audio.mean(axis=0)[-n:], atol=1e-6)


def test_a_clock_follows_slowly_and_jumps_when_the_stream_did() -> None:
    clock = ClockMap(RATE)
    assert clock.sample_at(5.0) == 0
    rng = np.random.default_rng(1)
    for block in range(1000):
        clock.block(100.0 + block * BLOCK / RATE + rng.uniform(0, 0.004), block * BLOCK)
    # 2 ms is the mean of the jitter; a tenth of it remains.
    assert abs(clock.sample_at(106.002) - 6 * RATE) < 0.0004 * RATE
    clock.block(500.0, 1000 * BLOCK)
    assert clock.sample_at(500.0) == 1000 * BLOCK
