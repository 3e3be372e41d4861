# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrappers give their figures in samples of their own input, whatever rate or block runs inside."""

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import stream

from ddsp_fx import Automation, Board
from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects import Effect
from ddsp_fx.effects.adapters import DryWet, FixedBlock, MonoAdapter, Resampled
from ddsp_fx.effects.parameters import Parameter

WRAPPERS: dict[str, Any] = {
    "down": lambda inner: Resampled(inner, 16000),
    "up": lambda inner: Resampled(inner, 88200),
    "odd": lambda inner: Resampled(inner, 22050.5),
    "same": lambda inner: Resampled(inner, 48000),
    "in another": lambda inner: DryWet(Resampled(MonoAdapter(inner), 32000)),
    "twice": lambda inner: Resampled(Resampled(inner, 16000), 32000),
}


class Late(Effect):
    """Later by a tenth of a second of its own rate. `after` acts at the output, `before` on what comes in."""

    kind: ClassVar[str] = "late"
    after = Parameter("After", 0, 1, 1, smoothing_s=0.0)
    before = Parameter("Before", 0, 1, 1, smoothing_s=0.0, acts="frame")

    @property
    def latency_samples(self) -> int:
        return int(self.sample_rate / 10)

    @property
    def frame_delay_samples(self) -> int:
        return 0

    def _prepare(self) -> None:
        self._line = DelayLine(self.channels, self.latency_samples)

    def _reset(self) -> None:
        self._line.reset()

    def _process(self, block: Audio) -> Audio:
        late = self._line.process(block * np.float32(self.get_value("before")))
        return late * np.float32(self.get_value("after"))


def _moved(effect: Effect, symbol: str, at_s: float, rate: float, sizes: list[int]) -> tuple[Audio, Board]:
    """A constant through the effect, whose parameter goes from 1 to 0 at that time; latency removed."""
    board = Board([effect])
    audio = np.ones((1, int(0.8 * rate)), np.float32)
    board.prepare(rate, 4096, 1)
    Automation({f"{effect.name}.{symbol}": [(0, 1), (at_s, 1), (at_s, 0)]}).install(board, rate, audio.shape[1])
    longer = np.pad(audio, ((0, 0), (0, board.latency_samples)), mode="edge")
    return stream(board.process_block, longer, sizes)[0, board.latency_samples :], board


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("symbol", ["before", "after"])
@pytest.mark.parametrize("name", WRAPPERS)
def test_automation_acts_where_it_was_drawn(name: str, symbol: str, rate: int) -> None:
    effect = WRAPPERS[name](Late())

    @settings(max_examples=5)
    @given(st.lists(st.integers(1, 4096), min_size=1, max_size=3), st.floats(0.2, 0.5))
    def check(sizes: list[int], at_s: float) -> None:
        out, _ = _moved(effect, symbol, at_s, rate, [*sizes, 4096])
        step = int(np.flatnonzero(out[int(0.1 * rate) :] < 0.5)[0]) + int(0.1 * rate)
        # One sample of the lowest rate, and one of rounding for each converter.
        assert abs(step - at_s * rate) <= rate / 16000 + 3

    check()


@pytest.mark.parametrize("wrap", [DryWet, MonoAdapter, lambda inner: FixedBlock(inner, 64), WRAPPERS["down"]])
def test_latency_and_delays_are_in_samples_of_the_input(wrap: Any) -> None:
    effect = wrap(Late())
    effect.prepare(48000, 512, 1)
    assert effect.latency_samples >= 4800
    assert effect.automation_delay("before") < 4800 <= effect.automation_delay("after")
    assert effect.automation_delay("before") == effect.frame_delay_samples


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=4))
def test_a_change_meets_the_same_sample_however_the_input_is_cut(sizes: list[int]) -> None:
    expected, _ = _moved(Resampled(Late(), 22050), "after", 0.3, 48000, [4096])
    out, _ = _moved(Resampled(Late(), 22050), "after", 0.3, 48000, [*sizes, 4096])
    assert np.abs(out - expected).max() <= 1e-6
