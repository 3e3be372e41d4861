# SPDX-License-Identifier: GPL-3.0-or-later
"""A faulty effect: offline, an error that names its slot; live, a bypass with its latency, a report, and a retry."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pedalboard
import pytest
from support import stream, tone

from ddsp_fx import Board, Parameter
from ddsp_fx.board import Failure
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects import Audio, Effect
from ddsp_fx.effects.adapters import DryWet
from ddsp_fx.errors import AudioError

RATE = 48000


class Fragile(Effect):
    """A delay with a gain of 2, until it breaks in one of several ways."""

    kind: ClassVar[str] = "fragile"

    knob = Parameter("Knob", 0, 1, 0)

    def __init__(self, latency: int = 0, returns: Callable[[Audio], Any] | None = None) -> None:
        self._latency = latency
        self._returns = returns
        self._is_broken = False
        super().__init__()

    @property
    def latency_samples(self) -> int:
        return self._latency

    def _prepare(self) -> None:
        self._line = DelayLine(self.channels, self._latency)

    def _reset(self) -> None:
        self._line.reset()

    def _value_changed(self, symbol: str) -> None:
        if self.get_value(symbol) == 1:
            raise RuntimeError("the knob came off")

    def _process(self, block: Audio) -> Audio:
        if self._returns is not None:
            return self._returns(block)  # type: ignore[no-any-return]
        if self._is_broken:
            raise ZeroDivisionError("broken\nin two lines")
        return self._line.process(block) * np.float32(2.0)


WRONG: dict[str, tuple[Callable[[Audio], Any], str]] = {
    "none": (lambda block: None, "its _process returned NoneType, expected float32 of the block's shape"),
    "short": (lambda block: block[:, 1:], r"its _process returned float32 of shape \(2, \d+\)"),
    "long": (lambda block: np.pad(block, ((0, 0), (0, 1))), "its _process returned float32 of shape"),
    "mono": (lambda block: block[0], "its _process returned float32 of shape"),
    "integers": (lambda block: (block * 32767).astype(np.int16), "its _process returned int16"),
    "complex": (lambda block: block * 1j, "its _process returned complex64"),
    "list": (lambda block: block.tolist(), "its _process returned list"),
    "raises": (lambda block: {}["key"], "KeyError: 'key'"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("use", ["call", "render", "iter_render", "stream", "process_block"])
def test_offline_it_is_an_error_that_names_the_slot(case: str, use: str) -> None:
    returns, message = WRONG[case]
    inner = Board([pedalboard.Gain(), Fragile(returns=returns)])
    inner.name = "inner"
    board = Board([Fragile(), pedalboard.Gain(), inner])
    audio = tone(0.05, RATE, channels=2)
    board.prepare(RATE, 8192, 2)
    uses: dict[str, Callable[[], Any]] = {
        "call": lambda: board(audio, RATE),
        "render": lambda: board.render(audio, RATE),
        "iter_render": lambda: list(board.iter_render(audio, RATE)),
        "stream": lambda: board(audio, RATE, reset=False),
        "process_block": lambda: board.process_block(audio),
    }
    with pytest.raises(AudioError, match=rf"slot 'inner': slot 'fragile': .*{message}"):
        uses[use]()


def test_any_real_floats_of_the_right_shape_are_taken() -> None:
    audio = tone(0.05, RATE, channels=2)
    board = Board([Fragile(returns=lambda block: block.astype(np.float64) * 0.5)])
    out = board(audio, RATE)
    assert out.dtype == np.float32
    assert np.array_equal(out, audio * np.float32(0.5))


def _live(*parts: Any, mix: float = 1.0) -> Board:
    board = Board(parts, mix=mix)
    board.live = True
    board.prepare(RATE, 512, 2)
    return board


@pytest.mark.parametrize("latency", [0, 1, 300, 5000])
@pytest.mark.parametrize("sizes", [[64], [1, 511, 100]])
def test_live_it_is_bypassed_at_its_latency_and_tried_again_at_reset(latency: int, sizes: list[int]) -> None:
    fragile = Fragile(latency)
    board = _live(pedalboard.Gain(0), fragile, pedalboard.Gain(0), mix=0.5)
    audio = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 24000)).astype(np.float32)
    first = stream(board.process_block, audio[:, :12000], sizes)
    fragile._is_broken = True
    out = np.concatenate([first, stream(board.process_block, audio[:, 12000:], sizes)], axis=1)
    late = np.pad(audio, ((0, 0), (latency, 0)))[:, :24000]
    assert np.allclose(out[:, :12000], late[:, :12000] * 1.5, atol=1e-6)
    # Dry and wet are the same sound at the same sample, so an equal mix of both is the input.
    assert np.allclose(out[:, 12000:], late[:, 12000:], atol=1e-6)
    assert board.bypassed_slots == ["fragile"]
    assert board.take_failures() == [Failure("fragile", "ZeroDivisionError: broken", 12000)]
    assert board.take_failures() == []
    board.reset()
    assert board.bypassed_slots == []
    board.process_block(audio[:, :512])
    assert [failure.sample for failure in board.take_failures()] == [0]
    fragile._is_broken = False
    board.reset()
    assert np.allclose(stream(board.process_block, audio, sizes), late * 1.5, atol=1e-6)
    assert board.take_failures() == []


@pytest.mark.parametrize("case", WRONG)
def test_live_every_kind_of_fault_is_told_and_the_rest_plays_on(case: str) -> None:
    returns, message = WRONG[case]
    board = _live(Fragile(returns=returns), pedalboard.Gain(6), DryWet(Fragile()))
    audio = tone(0.05, RATE, channels=2)
    out = stream(board.process_block, audio, [512])
    assert np.allclose(out, audio * 10 ** (6 / 20) * 2, atol=1e-5)
    (failure,) = board.take_failures()
    assert failure.slot == "fragile"
    assert failure.is_bypassed
    assert message.split("(")[0].split("\\")[0].strip() in failure.reason


def test_live_a_board_inside_loses_its_one_slot_alone() -> None:
    inner = Board([Fragile(), Fragile(200), pedalboard.Gain(6)])
    inner.name = "inner"
    board = _live(inner, Fragile(100))
    audio = tone(0.05, RATE, channels=2)
    inner[1]._is_broken = True
    out = stream(board.process_block, audio, [512])
    late = np.pad(audio, ((0, 0), (300, 0)))[:, : audio.shape[1]]
    assert np.allclose(out, late * 10 ** (6 / 20) * 4, atol=1e-5)
    assert board.bypassed_slots == ["inner.fragile-2"]
    assert [failure.slot for failure in board.take_failures()] == ["inner.fragile-2"]
    assert inner.take_failures() == []


def test_a_live_board_is_as_strict_as_any_offline() -> None:
    inner = Board([Fragile(returns=lambda block: None)])
    for board in (_live(Fragile(returns=lambda block: None)), _live(inner)):
        for use in (lambda b=board: b(tone(0.05, RATE), RATE), lambda b=board: b.render(tone(0.05, RATE), RATE)):
            with pytest.raises(AudioError, match="slot 'fragile'"):
                use()
        assert board.take_failures() == []


def test_live_a_change_that_raises_bypasses_its_slot() -> None:
    board = _live(Fragile(), Fragile())
    audio = np.ones((2, 512), np.float32)
    board.schedule(100, 1, "knob", 1.0)
    out = board.process_block(audio)
    assert np.all(out[:, :100] == 4.0)
    assert np.all(out[:, 100:] == 2.0)
    assert board.take_failures() == [Failure("fragile-2", "RuntimeError: the knob came off", 100)]


def test_live_a_change_that_is_refused_is_told_and_bypasses_nothing() -> None:
    board = _live(pedalboard.Resample(16000))
    board.process_block(np.zeros((2, 512), np.float32))
    board.schedule(1000, 0, "target_sample_rate", 8000.0)
    (failure,) = board.take_failures()
    assert (failure.slot, failure.is_bypassed) == ("Resample", False)
    assert "cannot be moved while audio runs" in failure.reason
    assert board.bypassed_slots == []


def test_live_failures_without_a_reader_do_not_grow() -> None:
    board = _live(Fragile(returns=lambda block: None))
    for _ in range(300):
        board.reset()
        board.process_block(np.zeros((2, 8), np.float32))
    assert len(board.take_failures()) == 256
