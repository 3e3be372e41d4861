# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of an Effect, for every kind, adapter and board."""

import warnings
from collections.abc import Callable

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise, fake_decoder, stream, tone

from ddsp_fx.board import Board, Chain, Mix
from ddsp_fx.effects import Effect, NonFiniteAudioWarning, Source, Trained
from ddsp_fx.effects.adapters import DryWet, FixedBlock, MonoAdapter, Resampled
from ddsp_fx.effects.dereverb import Dereverb
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.timbre_transfer import TimbreTransfer
from ddsp_fx.errors import AudioError

RATES = (44100, 48000, 96000)
# DESIGN section 3: block sizes change samples by no more than this.
SPLIT_TOLERANCE = 1e-6


def _reverb() -> LearnedReverb:
    return LearnedReverb.from_response(decaying_noise(0.3, 0.4, 16000), 16000, mix=0.5, width=0.5)


def _decoder() -> Source:
    return Source(trained=Trained(level="power"), runner=fake_decoder())


EFFECTS: dict[str, Callable[[], Effect]] = {
    "timbre_transfer": lambda: TimbreTransfer(_decoder(), pitch_shift=12.3, mix=0.7),
    "dereverb": lambda: Dereverb(_decoder()),
    "learned_reverb": _reverb,
    "mono": lambda: MonoAdapter(_reverb()),
    "fixed_block": lambda: FixedBlock(_reverb(), 300),
    "resampled": lambda: Resampled(_reverb(), 22050),
    "dry_wet": lambda: DryWet(TimbreTransfer(_decoder()), mix=0.5),
    "board": lambda: Board([TimbreTransfer(_decoder()), pedalboard.Compressor(-20, 4), pedalboard.Chorus(), _reverb()]),
    "mix": lambda: Mix(
        [TimbreTransfer(_decoder()), Chain([pedalboard.Compressor(-20, 4), _reverb()]), Chain()], mix=0.8
    ),
    "board_with_latent_native": lambda: Board([pedalboard.Resample(16000), _reverb()], mix=0.8),
}


def _phrase(rate: float) -> np.ndarray:
    gap = np.zeros((2, int(0.2 * rate)), np.float32)
    return np.concatenate([tone(0.35, rate, channels=2), gap, tone(0.25, rate, 330.0, channels=2)], axis=1)


@pytest.fixture(params=EFFECTS, scope="module")
def effect(request: pytest.FixtureRequest) -> Effect:
    return EFFECTS[request.param]()


@pytest.mark.parametrize("rate", RATES)
def test_any_split_equals_one_shot(effect: Effect, rate: int) -> None:
    audio = _phrase(rate)
    effect.prepare(rate, audio.shape[1], 2)
    whole = effect.process_block(audio)

    @given(st.lists(st.integers(1, 4096), min_size=1, max_size=6))
    def check(sizes: list[int]) -> None:
        # A list of only small sizes would take minutes, so every list ends in a large one.
        effect.prepare(rate, audio.shape[1], 2)
        split = stream(effect.process_block, audio, [*sizes, 4096])
        assert np.abs(split - whole).max() <= SPLIT_TOLERANCE

    check()


def test_single_samples_then_growing_blocks_equal_one_shot(effect: Effect) -> None:
    audio = _phrase(48000)
    effect.prepare(48000, 4096, 2)
    whole = stream(effect.process_block, audio, [4096])
    effect.prepare(48000, 4096, 2)
    growing = [1] * 50 + [2**k for k in range(13)] + [4096] * 20
    assert np.abs(stream(effect.process_block, audio, growing) - whole).max() <= SPLIT_TOLERANCE


def test_render_is_as_long_as_input_and_tail(effect: Effect) -> None:
    audio = _phrase(44100)
    assert effect.render(audio, 44100).shape == (2, audio.shape[1] + effect.tail_samples)
    assert effect(audio, 44100).shape == audio.shape


def test_after_the_tail_there_is_silence(effect: Effect) -> None:
    audio = _phrase(48000)
    effect.prepare(48000, 8192, 2)
    longest = effect.latency_samples + effect.tail_samples
    padded = np.pad(audio, ((0, 0), (0, longest + 9600)))
    out = stream(effect.process_block, padded, [8192])
    # -100 dBFS, where a native plugin's tail counts as ended; it is below the 16-bit noise floor.
    assert np.abs(out[:, audio.shape[1] + longest :]).max() <= 1e-5


def test_silence_in_silence_out(effect: Effect) -> None:
    assert np.abs(effect.render(np.zeros((2, 24000), np.float32), 48000)).max() <= 1e-6


def test_reset_forgets(effect: Effect) -> None:
    audio = _phrase(48000)
    first = effect(audio, 48000)
    assert np.array_equal(first, effect(audio, 48000))


def test_non_finite_input_becomes_silence_with_one_warning(effect: Effect) -> None:
    audio = _phrase(48000)
    audio[0, 1000:1010] = np.nan
    audio[1, 5000] = np.inf
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        out = effect.render(audio, 48000, buffer_size=512)
    assert np.isfinite(out).all()
    ours = [w for w in caught if w.category is NonFiniteAudioWarning]
    assert len(ours) == 1


def test_one_dimensional_and_sample_major_audio_come_back_as_they_came(effect: Effect) -> None:
    mono = tone(0.2, 48000)[0]
    assert effect(mono, 48000).shape == mono.shape
    stereo = tone(0.2, 48000, channels=2)
    assert np.allclose(effect(stereo.T, 48000), effect(stereo, 48000).T)


def test_misuse_is_named() -> None:
    effect = _reverb()
    with pytest.raises(AudioError, match="before prepare"):
        effect.process_block(np.zeros((2, 10), np.float32))
    effect.prepare(48000, 64, 2)
    with pytest.raises(AudioError, match=r"shape \(2, 65\), prepared for \(2, up to 64\)"):
        effect.process_block(np.zeros((2, 65), np.float32))
    with pytest.raises(AudioError, match="int16"):
        effect(np.zeros(10, np.int16), 48000)
    with pytest.raises(AudioError, match="sample rate 0"):
        effect.prepare(0, 64, 2)


@pytest.mark.parametrize("name", ["timbre_transfer", "dry_wet", "fixed_block", "board_with_latent_native"])
def test_dry_path_is_late_by_exactly_the_reported_latency(name: str) -> None:
    effect = EFFECTS[name]()
    if isinstance(effect, FixedBlock):
        effect.mix = 0
    else:
        effect.set_value("mix", 0)
    effect.prepare(48000, 4096, 2)
    impulse = np.zeros((2, 96000), np.float32)
    impulse[:, 100] = 1.0
    out = stream(effect.process_block, impulse, [701])
    assert int(np.abs(out[0]).argmax()) - 100 == effect.latency_samples
    assert np.abs(out[0]).max() == pytest.approx(1.0, abs=1e-6)


def test_continuing_with_reset_false_is_the_live_stream() -> None:
    effect = EFFECTS["timbre_transfer"]()
    audio = _phrase(48000)
    effect.prepare(48000, 8192, 2)
    live = stream(effect.process_block, audio, [1000])
    effect.prepare(48000, 8192, 2)
    parts = [effect(part, 48000, reset=False) for part in np.array_split(audio, 3, axis=1)]
    assert np.abs(np.concatenate(parts, axis=1) - live).max() <= SPLIT_TOLERANCE
