# SPDX-License-Identifier: GPL-3.0-or-later
"""`Effect.stream`: chunks of any size, in either layout, form the live stream; other uses in between raise an error."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pedalboard import Gain
from support import tone

from ddsp_fx import Board, Effect, load
from ddsp_fx.errors import AudioError

RATE = 48000


@pytest.fixture(scope="module")
def effect() -> Board:
    return Board([load("violin"), load("violin-room", mix=0.4)])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=12), is_upright=st.booleans())
def test_any_chunks_in_either_layout_are_the_whole_late_by_the_latency(
    effect: Board, sizes: list[int], is_upright: bool
) -> None:
    audio = tone(0.3, RATE, channels=2)
    want = effect(audio, RATE)
    play = effect.stream(RATE, 2, "samples first" if is_upright else "channels first", max_block_size=700)
    late = play.latency_samples
    padded = np.concatenate([audio, np.zeros((2, late), np.float32)], axis=1)
    cuts = np.cumsum([2, *sizes])
    parts = [play(part.T).T if is_upright else play(part) for part in np.split(padded, cuts[cuts < 14000], axis=1)]
    assert np.abs(np.concatenate(parts, axis=1)[:, late:] - want).max() <= 1e-6


def test_a_sound_cards_blocks_of_eight_samples_are_no_eight_channels(effect: Board) -> None:
    play = effect.stream(RATE, 2, "samples first")
    assert play(np.zeros((8, 2), np.float32)).shape == (8, 2)
    with pytest.raises(AudioError, match=r"got a chunk of shape \(2, 8\), this stream has \(samples, 2\)"):
        play(np.zeros((2, 8), np.float32))


def test_mono_may_be_flat() -> None:
    play = load("violin-room").stream(RATE, 1)
    assert play(np.zeros(100)).shape == (100,)
    assert play(np.zeros((1, 100))).shape == (1, 100)


def test_an_edited_list_is_heard_from_the_next_chunk_on() -> None:
    audio = tone(0.1, RATE, channels=2)
    outer, inner = Board([Board([load("violin-room")])]), Board([Board([load("violin-room")])])
    streams = [outer.stream(RATE), inner.stream(RATE)]
    before = [play(audio) for play in streams]
    outer.append(Gain(-6.0))
    inner[0].append(Gain(-6.0))
    after = [play(audio) for play in streams]
    assert np.array_equal(before[0], before[1])
    assert np.array_equal(after[0], after[1])
    plain = load("violin-room").stream(RATE)
    plain(audio)
    assert np.allclose(after[0], plain(audio) * 10 ** (-6.0 / 20.0), atol=1e-6)


def test_another_use_ends_it(effect: Board) -> None:
    play = effect.stream(RATE)
    play(np.zeros((2, 100), np.float32))
    effect(tone(0.1, RATE, channels=2), RATE)
    with pytest.raises(AudioError, match="it has been used or reset"):
        play(np.zeros((2, 100), np.float32))
    with pytest.raises(AudioError, match="order 'sideways'"):
        effect.stream(RATE, 2, "sideways")  # type: ignore[arg-type]


def test_it_is_called_as_pedalboards_are(effect: Effect) -> None:
    audio = tone(0.1, RATE, channels=2)
    out = effect.process(input_array=audio, sample_rate=RATE, buffer_size=512, reset=True)
    assert np.abs(out - effect(audio, RATE)).max() <= 1e-6
    assert (effect.is_effect, effect.is_instrument) == (True, False)
