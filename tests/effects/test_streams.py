# SPDX-License-Identifier: GPL-3.0-or-later
"""Chunks with reset=False form the live stream; an effect plays one stream, for one thread, at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cut, decaying_noise, fake_decoder, stream, tone

from ddsp_fx.board import Board, Chain, Mix
from ddsp_fx.effects import Audio, Effect, Source, Trained
from ddsp_fx.effects.adapters import DryWet, FixedBlock, MonoAdapter, Resampled
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.timbre_transfer import TimbreTransfer
from ddsp_fx.errors import AudioError

RATE = 48000


def _transfer() -> TimbreTransfer:
    return TimbreTransfer(Source(trained=Trained(level="power"), runner=fake_decoder()))


def _reverb() -> LearnedReverb:
    return LearnedReverb.from_response(decaying_noise(0.2, 0.2, RATE), RATE, mix=0.5)


EFFECTS: dict[str, Callable[[], Effect]] = {
    "timbre_transfer": _transfer,
    "learned_reverb": _reverb,
    "mono": lambda: MonoAdapter(_reverb()),
    "fixed_block": lambda: FixedBlock(_reverb(), 300),
    "resampled": lambda: Resampled(_reverb(), 22050),
    "dry_wet": lambda: DryWet(_transfer(), mix=0.5),
    "board": lambda: Board([pedalboard.BrickwallLimiter(-6), _transfer(), pedalboard.Chorus(), _reverb()], mix=0.9),
    "mix": lambda: Mix([pedalboard.Resample(16000), Chain([_transfer(), _reverb()]), Chain()], mix=0.9),
    "board_in_board": lambda: Board([Board([pedalboard.Resample(16000)]), DryWet(Board([_transfer()]))]),
}


@pytest.fixture(params=EFFECTS)
def make(request: pytest.FixtureRequest) -> Callable[[], Effect]:
    return EFFECTS[request.param]


def _live(effect: Effect, audio: Audio, rate: float = RATE) -> Audio:
    effect.prepare(rate, 8192, audio.shape[0])
    return stream(effect.process_block, audio, [1000])


def _looped(effect: Effect, audio: Audio, sizes: list[int], **options: Any) -> Audio:
    return np.concatenate([effect(c, RATE, reset=False, **options) for c in cut(audio, sizes)], axis=1)


def test_a_loop_from_the_first_chunk_on_is_the_live_stream(make: Callable[[], Effect]) -> None:
    audio = tone(0.5, RATE, channels=2)
    expected = _live(make(), audio)

    @settings(max_examples=4)
    @given(st.lists(st.integers(1, 20000), min_size=1, max_size=5), st.sampled_from([128, 8192, 30000]))
    def check(sizes: list[int], buffer_size: int) -> None:
        out = _looped(make(), audio, [*sizes, 3000], buffer_size=buffer_size)
        assert np.abs(out - expected).max() <= 1e-6

    check()


def test_a_stream_begins_anew_after_a_whole_call_a_render_and_a_reset(make: Callable[[], Effect]) -> None:
    audio = tone(0.2, RATE, channels=2)
    expected = _live(make(), audio)
    effect = make()
    for between in (
        lambda: effect(audio, RATE),
        lambda: effect.render(audio[:, :999], RATE),
        lambda: next(effect.iter_render(audio, RATE)),
        effect.reset,
    ):
        between()
        assert np.abs(_looped(effect, audio, [4800]) - expected).max() <= 1e-6


def test_another_rate_or_number_of_channels_is_refused_and_the_stream_goes_on(make: Callable[[], Effect]) -> None:
    audio = tone(0.2, RATE, channels=2)
    expected = _live(make(), audio)
    effect = make()
    first = effect(audio[:, :4800], RATE, reset=False)
    with pytest.raises(AudioError, match=r"the stream runs at 48000 Hz with 2 channel.* begin a new stream with reset"):
        effect(audio[:, 4800:], 44100, reset=False)
    with pytest.raises(AudioError, match="this chunk has 48000 Hz and 1"):
        effect(audio[:1, 4800:], RATE, reset=False)
    out = np.concatenate([first, effect(audio[:, 4800:], RATE, reset=False)], axis=1)
    assert np.abs(out - expected).max() <= 1e-6
    effect.reset()
    assert np.abs(effect(audio, 44100, reset=False) - _live(make(), audio, 44100)).max() <= 1e-6


def test_a_prepared_effect_takes_larger_chunks_than_it_was_prepared_for() -> None:
    effect = _transfer()
    audio = tone(0.5, RATE, channels=2)
    effect.prepare(RATE, 64, 2)
    parts = [effect.process_block(audio[:, :64]), effect(audio[:, 64:], RATE, reset=False)]
    assert np.abs(np.concatenate(parts, axis=1) - _live(_transfer(), audio)).max() <= 1e-6


def test_empty_chunks_are_none(make: Callable[[], Effect]) -> None:
    audio = tone(0.1, RATE, channels=2)
    chunks = [audio[:, :0], audio[:, :100], audio[:, 100:100], audio[:, 100:]]
    effect = make()
    out = np.concatenate([effect(chunk, RATE, reset=False) for chunk in chunks], axis=1)
    assert np.abs(out - _live(make(), audio)).max() <= 1e-6


@pytest.mark.parametrize("is_upright", [False, True])
def test_chunks_of_a_few_samples_keep_their_layout(is_upright: bool) -> None:
    audio = tone(0.2, RATE, channels=2)
    audio[1] *= 0.5
    expected = _live(_reverb(), audio)
    effect, out, start = _reverb(), [], 0
    for size in (3000, 1, 2, 5, 8, 9, 6575):
        chunk = audio[:, start : start + size]
        done = effect(chunk.T if is_upright else chunk, RATE, reset=False)
        out.append(done.T if is_upright else done)
        start += size
    assert np.abs(np.concatenate(out, axis=1) - expected).max() <= 1e-6


def test_two_renders_of_one_effect_at_once_are_told(make: Callable[[], Effect]) -> None:
    audio = tone(0.5, RATE, channels=2)
    effect = make()
    expected = np.concatenate(list(effect.iter_render(audio, RATE, 512)), axis=1)
    first = effect.iter_render(audio, RATE, 512)
    next(first)
    second = effect.iter_render(audio, RATE, 512)
    begun = [next(second)]
    with pytest.raises(AudioError, match="another use of it began before this render had ended; give each"):
        next(first)
    assert np.array_equal(np.concatenate([*begun, *second], axis=1), expected)


@pytest.mark.parametrize("other", ["process_block", "call", "prepare", "reset"])
def test_any_other_use_ends_a_render(other: str) -> None:
    audio = tone(0.2, RATE, channels=2)
    effect = _reverb()
    blocks = effect.iter_render(audio, RATE, 512)
    next(blocks)
    if other == "process_block":
        effect.process_block(audio[:, :100])
    elif other == "call":
        effect(audio[:, :512], RATE, reset=False)
    elif other == "prepare":
        effect.prepare(RATE, 512, 2)
    else:
        effect.reset()
    with pytest.raises(AudioError, match="another use of it began"):
        next(blocks)


class Slow(Effect):
    """Waits inside its block until it is released."""

    kind: ClassVar[str] = "slow"

    def __init__(self) -> None:
        self._inside, self._go = threading.Event(), threading.Event()
        super().__init__()

    def _process(self, block: Audio) -> Audio:
        self._inside.set()
        assert self._go.wait(10)
        return block


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: Board([e]), lambda e: DryWet(e)])
def test_a_second_thread_is_told_and_the_first_is_right(wrap: Callable[[Effect], Effect]) -> None:
    slow = Slow()
    effect = wrap(slow)
    audio = tone(0.1, RATE, channels=2)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(effect, audio, RATE)
        assert slow._inside.wait(10)
        for use in (
            lambda: effect(audio, RATE),
            lambda: effect(audio, RATE, reset=False),
            lambda: effect.process_block(audio[:, :10]),
            effect.reset,
            lambda: effect.prepare(RATE, 8192, 2),
        ):
            with pytest.raises(AudioError, match=r"by two threads at once; give each thread"):
                use()
        slow._go.set()
        assert np.array_equal(first.result(10), audio)


def test_a_pool_of_threads_on_one_effect_gives_right_audio_or_an_error() -> None:
    effect = Board([_reverb()])
    inputs = [tone(0.1, RATE, f0_hz=200.0 + 10 * i, channels=2) for i in range(12)]
    expected = [Board([_reverb()])(audio, RATE, buffer_size=256) for audio in inputs]

    def call(audio: Audio) -> Audio | None:
        try:
            return effect(audio, RATE, buffer_size=256)
        except AudioError:
            return None

    with ThreadPoolExecutor(4) as pool:
        outs = list(pool.map(call, inputs))
    assert any(out is not None for out in outs)
    assert all(out is None or np.array_equal(out, e) for out, e in zip(outs, expected, strict=True))
