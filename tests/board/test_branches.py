# SPDX-License-Identifier: GPL-3.0-or-later
"""Mix and Chain: the laws of pedalboard's, for learned members too."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import decaying_noise, fake_decoder, stream, tone

from ddsp_fx import Automation, Board, Chain, Mix, load
from ddsp_fx.array_types import Audio
from ddsp_fx.board.hearing import board_hearings
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects import Effect, Source, Trained
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.timbre_transfer import TimbreTransfer
from ddsp_fx.errors import AudioError, BoardError

RATE = 48000
NATIVE: dict[str, Callable[[], list[Any]]] = {
    "none": lambda: [],
    "one": lambda: [pedalboard.Gain(3.0)],
    "several": lambda: [pedalboard.Gain(3.0), pedalboard.Chorus(), pedalboard.Reverb(), pedalboard.Compressor(-20, 4)],
    "nested": lambda: [pedalboard.Delay(0.1), pedalboard.Mix([pedalboard.Gain(2), pedalboard.Chain([])])],
    "latent": lambda: [pedalboard.BrickwallLimiter(-6), pedalboard.Chain([pedalboard.Gain(3.0), pedalboard.Phaser()])],
}


class Late(Effect):
    """The input, later by a number of samples that it reports, at a gain."""

    kind: ClassVar[str] = "late"
    gain = Parameter("Gain", 0, 8, 1, smoothing_s=0.0)

    def __init__(self, samples: int, **values: Any) -> None:
        self._samples = samples
        super().__init__(**values)

    @property
    def latency_samples(self) -> int:
        return self._samples

    def _prepare(self) -> None:
        self._line = DelayLine(self.channels, self._samples)

    def _reset(self) -> None:
        self._line.reset()

    def _process(self, block: Audio) -> Audio:
        return self._line.process(block) * np.float32(self.get_value("gain"))


class Fails(Late):
    kind: ClassVar[str] = "fails"

    def _process(self, block: Audio) -> Audio:
        raise RuntimeError("out of tune")


def _noise(samples: int = 20000) -> Audio:
    return np.random.default_rng(0).uniform(-0.3, 0.3, (2, samples)).astype(np.float32)


def _transfer() -> TimbreTransfer:
    return TimbreTransfer(Source(trained=Trained(level="power"), runner=fake_decoder()))


def _reverb(**values: Any) -> LearnedReverb:
    return LearnedReverb.from_response(decaying_noise(0.2, 0.2, RATE), RATE, **values)


@pytest.mark.parametrize("name", NATIVE)
def test_of_native_members_it_is_pedalboards(name: str) -> None:
    audio = _noise()
    for ours, theirs in ((Mix, pedalboard.Mix), (Chain, pedalboard.Chain)):
        expected = theirs(NATIVE[name]())(audio, RATE)
        assert np.abs(ours(NATIVE[name]())(audio, RATE) - expected).max() <= 1e-6


def test_of_one_it_is_that_one_and_of_none_silence() -> None:
    audio = _noise()
    assert np.array_equal(Mix([_reverb()])(audio, RATE), _reverb()(audio, RATE))
    assert np.array_equal(Mix([_reverb()]).render(audio, RATE), _reverb().render(audio, RATE))
    assert not Mix([])(audio, RATE).any()
    assert np.array_equal(Chain([])(audio, RATE), audio)


# A tree: a leaf is a latency in samples, a branch a Chain or a Mix of trees.
TREES = st.recursive(
    st.integers(0, 300),
    lambda inner: st.tuples(st.sampled_from([Chain, Mix]), st.lists(inner, max_size=3)),
    max_leaves=6,
)


def _built(tree: Any) -> Effect:
    return Late(tree) if isinstance(tree, int) else tree[0]([_built(part) for part in tree[1]])


def _gain(tree: Any) -> float:
    """Of the aligned sum: a Mix adds, a Chain multiplies."""
    if isinstance(tree, int):
        return 1.0
    kind, gains = tree[0], [_gain(part) for part in tree[1]]
    return float(sum(gains)) if kind is Mix else float(np.prod(gains))


def _latency(tree: Any) -> int:
    if isinstance(tree, int):
        return tree
    kind, parts = tree[0], [_latency(part) for part in tree[1]]
    return max(parts, default=0) if kind is Mix else sum(parts)


@settings(max_examples=40)
@given(TREES, st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_every_tree_of_branches_is_aligned_for_any_split(tree: Any, sizes: list[int]) -> None:
    effect, audio = _built(tree), _noise(3000)
    effect.prepare(RATE, 1024, 2)
    assert effect.latency_samples == _latency(tree)
    out = stream(effect.process_block, audio, sizes)
    late = np.pad(audio, ((0, 0), (_latency(tree), 0)))[:, :3000]
    assert np.allclose(out, _gain(tree) * late, atol=1e-5)


def test_a_dry_branch_stands_at_the_place_of_the_instrument() -> None:
    audio = tone(0.5, RATE, channels=2)
    violin = _transfer()(audio, RATE)
    board = Board([Mix([_transfer(), Chain([])]), pedalboard.Gain(0)])
    assert np.abs(board(audio, RATE) - (violin + audio)).max() <= 1e-6


def test_the_tail_is_the_longest() -> None:
    audio = _noise(4800)
    mix = Mix([_reverb(), _transfer(), Chain([pedalboard.Gain(-6)])])
    out = mix.render(audio, RATE)
    assert mix.tail_samples == max(effect.tail_samples for effect in (mix[0], mix[1]))
    assert out.shape[1] == 4800 + mix.tail_samples
    assert np.array_equal(out[:, -100:], (Mix([_reverb(), _transfer()]).render(audio, RATE))[:, -100:])


def test_slots_are_reached_by_name_and_automation_acts_where_it_was_drawn() -> None:
    audio = np.ones((1, 2000), np.float32)
    branch = Late(50)
    board = Board([Late(100), Mix([branch, Late(300)])])
    assert board.slot_names() == ["late", "mix"]
    assert board[1].slot_names() == ["late", "late-2"]
    assert board.plugin_at(board.slot("mix.late")) is branch
    out = board.render(audio, RATE, automation=Automation({"mix.late.gain": [(0, 1), (0.02, 1), (0.02, 3)]}))
    assert out.shape == (1, 2000)
    assert np.array_equal(out[0], np.where(np.arange(2000) < 960, 2.0, 4.0))


def test_it_is_saved_copied_and_pickled() -> None:
    audio = tone(0.2, RATE, channels=2)
    mix = Mix([load("violin-room", mix=0.5), Chain([pedalboard.Gain(-6)], mix=0.5), pedalboard.Chorus()], mix=0.9)
    board = Board([mix, pedalboard.Gain(1)])
    mix.name = "wide"
    expected = board(audio, RATE)
    again = [Board.from_json(board.to_json()), copy.deepcopy(board), pickle.loads(pickle.dumps(board)), board[:]]
    for twin in again:
        assert (type(twin[0]), type(twin[0][1])) == (Mix, Chain)
        assert twin.slot_names() == ["wide", "Gain"]
        assert np.array_equal(twin(audio, RATE), expected)
    assert isinstance(Board.from_json(mix.to_json()), Mix)
    # What reads boards and no branches must refuse it, not play it as a chain.
    assert json.loads(mix.to_json())["format"] != json.loads(board.to_json())["format"]


def test_a_branch_comes_and_goes_while_a_stream_runs() -> None:
    audio = _noise(6000)
    mix = Mix([Late(200), Late(0)])
    first = mix(audio[:, :2000], RATE, reset=False)
    mix.append(Late(500))
    second = mix(audio[:, 2000:4000], RATE, reset=False)
    assert mix.latency_samples == 500
    del mix[2]
    third = mix(audio[:, 4000:], RATE, reset=False)
    late = np.pad(audio, ((0, 0), (500, 0)))
    assert np.allclose(first, 2 * late[:, 300:2300], atol=1e-6)
    assert np.allclose(second[:, 500:], 3 * late[:, 2500:4000], atol=1e-6)
    assert np.allclose(third[:, 500:], 2 * late[:, 4800:6300], atol=1e-6)


def test_a_branch_that_fails_live_is_silent_and_told() -> None:
    mix = Mix([Fails(100), Late(0)])
    board = Board([mix])
    board.live = True
    board.prepare(RATE, 512, 2)
    audio = _noise(3000)
    out = stream(board.process_block, audio, [300])
    assert np.array_equal(out, np.pad(audio, ((0, 0), (100, 0)))[:, :3000])
    assert [(f.slot, f.reason) for f in board.take_failures()] == [("mix.fails", "RuntimeError: out of tune")]
    assert board.bypassed_slots == ["mix.fails"]
    with pytest.raises(AudioError, match=r"fails.*out of tune"):
        Mix([Fails(100)])(audio, RATE)


def test_what_a_board_refuses_a_mix_refuses() -> None:
    gain = pedalboard.Gain(1)
    with pytest.raises(BoardError, match="twice"):
        Mix([gain, gain])
    with pytest.raises(BoardError, match="cannot be played in blocks"):
        Mix([pedalboard.PitchShift(3)])
    with pytest.raises(BoardError, match="neither an Effect"):
        Mix(["violin"])


def test_instruments_in_branches_are_heard() -> None:
    board = Board([Mix([_transfer(), Chain([_transfer()])])])
    board(tone(0.3, RATE), RATE)
    assert list(board_hearings(board)) == ["mix.timbre_transfer", "mix.chain.timbre_transfer"]
