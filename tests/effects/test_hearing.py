# SPDX-License-Identifier: GPL-3.0-or-later
"""Input with sound but output without: the gate follows quiet streams, and lost input is reported with its reason."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Audio, fake_decoder, tone

from ddsp_fx import load
from ddsp_fx.effects import Source, Trained
from ddsp_fx.effects._gate_kernel import QUIETEST_DB
from ddsp_fx.effects.frame_request import FrameRequest
from ddsp_fx.effects.gate import FollowingThreshold, VoicingGate
from ddsp_fx.effects.hearing import REASONS, Hearing, HearingMeter
from ddsp_fx.effects.timbre_transfer import TimbreTransfer

RATE = 16000
VOICES = Path(__file__).parents[3] / "shared" / "data" / "voices"
HIGH_DB, GATE_DB = 10.0, -33.0

LEVELS = st.lists(st.tuples(st.floats(-25.0, HIGH_DB), st.booleans()), min_size=1, max_size=200)


@given(LEVELS, st.floats(0.0, 30.0))
def test_a_quieter_stream_opens_at_the_same_frames(frames: list[tuple[float, bool]], quieter_db: float) -> None:
    def opened(shift_db: float) -> list[bool]:
        threshold, gate = FollowingThreshold(HIGH_DB), VoicingGate()
        found = []
        for level_db, voiced in frames:
            level = round(level_db, 1) - shift_db
            needed = threshold.step(level, voiced, GATE_DB)
            found.append(gate.step(float(voiced), level, 0.5, round(needed, 6)) > 0.0)
        return found

    assert opened(0.0) == opened(round(quieter_db, 1))


@given(LEVELS, st.floats(-80.0, 0.0))
def test_the_gate_is_never_above_what_was_asked_for(frames: list[tuple[float, bool]], gate_db: float) -> None:
    threshold = FollowingThreshold(HIGH_DB)
    for level_db, voiced in frames:
        assert min(QUIETEST_DB, gate_db) <= threshold.step(level_db, voiced, gate_db) <= gate_db


def test_what_is_as_loud_as_the_training_is_gated_as_the_parameter_says() -> None:
    threshold = FollowingThreshold(HIGH_DB)
    assert threshold.step(HIGH_DB, True, GATE_DB) == GATE_DB
    assert threshold.step(-30.0, False, GATE_DB) == pytest.approx(GATE_DB, abs=0.1)


@pytest.mark.parametrize("quieter_db", [0.0, 12.0, 24.0])
@pytest.mark.parametrize("name", ["violin", "flute", "saxophone", "trumpet"])
def test_a_quiet_voice_is_played_as_a_loud_one_is(name: str, quieter_db: float) -> None:
    voice = _example() * np.float32(10.0 ** (-quieter_db / 20.0))
    effect = load(name)
    out = effect(voice, 44100)
    assert out.any()
    assert effect.hearing.lost_share < 0.2


def _example() -> Audio:
    from pedalboard.io import AudioFile

    with AudioFile(str(Path(__file__).parents[2] / "examples" / "vocal.wav")) as file:
        audio: Audio = file.read(int(4 * file.samplerate))
    return audio


def _effect() -> TimbreTransfer:
    trained = Trained(level="power", f0_min_hz=200.0, f0_max_hz=900.0)
    return TimbreTransfer(Source({}, trained, runner=fake_decoder(), label="fake"))


def _sine(f0_hz: float, seconds: float = 2.0) -> Audio:
    return (0.3 * np.sin(2 * np.pi * f0_hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def _noise() -> Audio:
    return np.random.default_rng(0).normal(0.0, 0.1, 2 * RATE).astype(np.float32)


def _crowd() -> Audio:
    """Twelve tones without a common period."""
    rng = np.random.default_rng(1)
    return np.asarray(sum(_sine(f) for f in rng.uniform(150.0, 1500.0, 12)) / 6.0, np.float32)


SOUNDS = {
    "too_low": _sine(25.0),
    "too_high": _sine(5100.0) + _sine(3333.0),
    "noise": _noise(),
    "too_quiet": _sine(440.0) * np.float32(1e-3),
    "no_clear_pitch": _crowd(),
}


@pytest.mark.parametrize("reason", SOUNDS)
def test_the_reason_is_named_and_what_to_do(reason: str) -> None:
    effect = _effect()
    effect(SOUNDS[reason], RATE)
    hearing = effect.hearing
    assert hearing.sound_s > 1.5
    assert hearing.lost_share > 0.9, hearing
    assert hearing.reason == reason, hearing
    assert hearing.advice.startswith(("9", "100"))
    assert ":" in hearing.advice


def test_notes_that_the_model_never_heard_are_told() -> None:
    effect = _effect()
    effect(tone(2.0, RATE, 110.0)[0], RATE)
    assert effect.hearing.out_of_range_s > 1.8
    assert "set register=match" in effect.hearing.advice
    effect.register = "match"
    effect(tone(2.0, RATE, 110.0)[0], RATE)
    assert effect.hearing.out_of_range_s == 0.0


def test_what_is_followed_is_told_too_and_silence_is_no_loss() -> None:
    effect = _effect()
    effect(np.concatenate([tone(2.0, RATE)[0], np.zeros(RATE, np.float32)]), RATE)
    assert effect.hearing.sound_s == pytest.approx(2.0, abs=0.1)
    assert effect.hearing.lost_share < 0.05
    assert effect.hearing.advice == ""
    effect(np.zeros(RATE, np.float32), RATE)
    assert effect.hearing == Hearing()


def test_a_stream_s_hearing_forgets() -> None:
    effect = _effect()
    effect.prepare(RATE, 1600, 1)
    for sound in (_noise(), *[tone(4.0, RATE)[0]] * 8):
        for start in range(0, sound.shape[0], 1600):
            effect.process_block(sound[np.newaxis, start : start + 1600])
    assert effect.hearing.noise_s == pytest.approx(2.0, abs=0.3)
    assert effect.hearing_now.noise_s < 0.2
    assert effect.hearing_now.sound_s < 11.0


@given(st.lists(st.tuples(st.floats(-80.0, 30.0), st.sampled_from([0, 1, 2, 3, 4]), st.booleans()), max_size=100))
def test_the_parts_add_up(frames: list[tuple[float, int, bool]]) -> None:
    listener = HearingMeter(0.01)
    for level_db, character, followed in frames:
        listener.add(FrameRequest(440.0, level_db, 1.0, 1.0, followed), level_db, character)
    data = listener.hearing().as_data()
    assert data["sound_s"] == pytest.approx(data["followed_s"] + sum(data[f"{name}_s"] for name in REASONS))
    assert 0.0 <= data["lost_share"] <= 1.0


@pytest.mark.skipif(not VOICES.exists(), reason="needs ../shared/data/voices")
@pytest.mark.parametrize("name", ["singing_male_vocadito1", "speech_male", "singing_female"])
def test_a_real_voice_24_db_down_is_played_as_it_is(name: str) -> None:
    from pedalboard.io import AudioFile

    with AudioFile(str(VOICES / f"{name}.flac")) as file:
        audio, rate = file.read(int(8 * file.samplerate)), file.samplerate
    shares = []
    for gain_db in (0.0, -24.0):
        effect = load("violin")
        effect(audio * np.float32(10.0 ** (gain_db / 20.0)), rate)
        shares.append(effect.hearing.followed_s)
    assert shares[1] > 0.9 * shares[0]
