# SPDX-License-Identifier: GPL-3.0-or-later
"""Timbre transfer and dereverb with a decoder that is a formula, so that the expected output is known."""

from pathlib import Path

import numpy as np
import pytest
from support import DATA, fake_decoder, stream, tone

from ddsp_fx.analysis.features import extract
from ddsp_fx.bundles import load
from ddsp_fx.effects import Source, Trained
from ddsp_fx.effects.dereverb import Dereverb
from ddsp_fx.effects.gate import VoicingGate
from ddsp_fx.effects.matching import RegisterMatch
from ddsp_fx.effects.timbre_transfer import TimbreTransfer
from ddsp_fx.errors import ModelError, ParameterError

RATE = 48000
TRAINED = Trained(level="power", f0_min_hz=196.0, f0_max_hz=1568.0, level_median_db=-25.0, level_high_db=-10.0)


def _transfer(**values: float | str | bool) -> TimbreTransfer:
    return TimbreTransfer(Source(trained=TRAINED, runner=fake_decoder()), **values)


def _median_f0(audio: np.ndarray) -> float:
    features = extract(audio, RATE)
    return float(np.median(features.f0_hz[features.voiced]))


@pytest.mark.parametrize("shift", [-5.0, 0.0, 0.37, 12.0, 24.0])
def test_pitch_shift_is_exact(shift: float) -> None:
    out = _transfer(pitch_shift=shift)(tone(1.0, RATE)[0], RATE)
    cents = 1200 * np.log2(_median_f0(out) / 220.0) - 100 * shift
    # The tracker's resolution on a clean tone.
    assert abs(cents) < 3.0


def test_register_match_brings_a_bass_into_the_range() -> None:
    low = tone(1.0, RATE, 82.4)[0]
    assert _median_f0(_transfer()(low, RATE)) == pytest.approx(82.4, rel=0.01)
    matched = _median_f0(_transfer(register="match")(low, RATE))
    assert TRAINED.f0_min_hz <= matched <= TRAINED.f0_max_hz
    assert np.log2(matched / 82.4) == pytest.approx(round(np.log2(matched / 82.4)), abs=0.01)


def test_loudness_offset_is_in_db() -> None:
    audio = tone(1.0, RATE, level=0.02)[0]
    plain, louder = (np.abs(_transfer(loudness_offset=db, noise_gain=-60)(audio, RATE)).max() for db in (0, 6))
    assert 20 * np.log10(louder / plain) == pytest.approx(6.0, abs=0.1)


def test_loudness_match_moves_a_quiet_voice_to_the_trained_level() -> None:
    audio = tone(4.0, RATE, level=0.01)[0]
    plain, matched = (_transfer(loudness_match=on)(audio, RATE)[-RATE:] for on in (False, True))
    # RMS power of the tone is about -50 dB; the trained median is -25.
    assert 20 * np.log10(np.abs(matched).max() / np.abs(plain).max()) > 15.0


def test_noise_and_consonants_are_gated() -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, RATE).astype(np.float32)
    gated, open_ = (_transfer(voicing=voicing)(noise, RATE) for voicing in (0.5, 0.0))
    assert np.sqrt((gated**2).mean()) < 0.05 * np.sqrt((open_**2).mean())


def test_what_lies_below_the_level_gate_is_silent() -> None:
    quiet = tone(0.5, RATE, level=0.005)[0]
    assert not _transfer(gate=-40.0, gate_follows=False)(quiet, RATE).any()
    assert _transfer(gate=-80.0, gate_follows=False)(quiet, RATE).any()
    # A stream that is quiet throughout differs from a quiet moment.
    assert _transfer(gate=-40.0)(quiet, RATE).any()


def test_stems_add_up_and_gains_reach_their_stem(fake_source: Source) -> None:
    audio = tone(0.6, RATE, channels=2)
    effect = TimbreTransfer(fake_source)
    stems = effect.stems(audio, RATE)
    out = effect.render(audio, RATE)
    assert np.abs(stems["harmonic"] + stems["noise"] + stems["room"] - out).max() <= 1e-6
    assert np.abs(stems["dry"][:, : audio.shape[1]] - audio).max() == 0.0
    silent = TimbreTransfer(fake_source, noise_gain=-60, room=False).stems(audio, RATE)
    assert not silent["noise"].any()
    assert not silent["room"].any()
    assert np.array_equal(silent["harmonic"], stems["harmonic"])


def test_the_room_switch_lets_the_tail_ring_out(fake_source: Source) -> None:
    effect = TimbreTransfer(fake_source)
    effect.prepare(RATE, 4800, 1)
    audio = tone(0.5, RATE)
    stream(effect.process_block, audio, [4800])
    effect.set_value("room", False)
    # Sound in the delay line still reaches the room for its 20 ms ramp; after that, only the tail rings.
    ringing = effect._parts(audio[:, :2400])["room"][:, 1200:]
    assert np.abs(ringing).max() > 1e-4
    assert np.abs(ringing[:, -100:]).max() < np.abs(ringing[:, :100]).max()


@pytest.mark.parametrize("symbol", ["mix", "output_gain", "harmonic_gain", "noise_gain", "pitch_shift", "room"])
def test_no_parameter_clicks(symbol: str, fake_source: Source) -> None:
    """No change causes a step between samples larger than twice the largest of either steady setting."""
    audio = tone(1.2, RATE, level=0.2)
    low, high = (0.5, 1.0) if symbol != "pitch_shift" else (0.5, 0.55)
    steps = []
    for position in (low, high):
        effect = TimbreTransfer(fake_source, noise_gain=-60) if symbol != "noise_gain" else TimbreTransfer(fake_source)
        effect.set_value(symbol, effect.parameters[symbol].from_normalised(position))
        steps.append(np.abs(np.diff(effect(audio, RATE)[0, RATE // 4 : RATE])).max())
    effect.prepare(RATE, 480, 1)
    out = []
    for i in range(120):
        effect.set_value(symbol, effect.parameters[symbol].from_normalised(low if i // 10 % 2 else high))
        out.append(effect.process_block(audio[:, i * 480 : (i + 1) * 480]))
    moving = np.concatenate(out, axis=1)[0, RATE // 4 : RATE]
    assert np.abs(np.diff(moving)).max() <= 2 * max(steps)


def test_the_envelope_is_late_by_the_reported_latency() -> None:
    """Compares the envelopes of output and input, to within one hop (20 ms)."""
    effect = _transfer(noise_gain=-60)
    audio = np.concatenate(
        [np.zeros((1, RATE // 2), np.float32), tone(0.5, RATE), np.zeros((1, RATE), np.float32)], axis=1
    )
    effect.prepare(RATE, 4096, 1)
    out = stream(effect.process_block, audio, [4096])

    def centre(signal: np.ndarray) -> float:
        energy = signal[0].astype(np.float64) ** 2
        return float((energy * np.arange(len(energy))).sum() / energy.sum())

    measured = centre(out) - centre(audio)
    assert abs(measured - effect.latency_samples) <= effect._resynthesizer.grid.longest  # type: ignore[union-attr]


def test_one_hour_of_phase_is_as_good_as_the_first_second() -> None:
    """Phase drift would appear as a pitch error between the first and the last second of a long stream."""
    effect = _transfer()
    effect.prepare(RATE, RATE, 1)
    t = np.arange(RATE) / RATE
    second = (0.2 * np.sin(2 * np.pi * 220.0 * t))[np.newaxis].astype(np.float32)
    for _ in range(120):
        out = effect.process_block(second)
    assert _median_f0(out[0]) == pytest.approx(220.0, rel=5e-4)


def test_dereverb_resynthesises_the_melody_and_hands_out_the_room(fake_source: Source) -> None:
    audio = tone(0.8, RATE, 330.0)[0]
    effect = Dereverb(fake_source, method="resynthesise")
    stems = effect.stems(audio, RATE)
    out = effect.render(audio, RATE)
    assert np.abs(stems["harmonic"] + stems["noise"] - out).max() <= 1e-6
    assert stems["room"].any()
    assert _median_f0(out) == pytest.approx(330.0, rel=0.002)


def test_dereverb_suppresses_what_it_hands_out_as_the_room(fake_source: Source) -> None:
    audio = tone(0.8, RATE, 330.0)[0]
    effect = Dereverb(fake_source)
    stems = effect.stems(audio, RATE)
    out = effect.render(audio, RATE)
    assert np.abs(stems["dry"] - stems["room"] - out).max() <= 1e-6
    assert stems["room"].any()
    assert _median_f0(out) == pytest.approx(330.0, rel=0.002)
    bypassed = Dereverb(fake_source, amount=0.0)(audio, RATE)
    assert np.abs(bypassed - audio).max() <= 1e-6


def test_the_gate_opens_in_two_frames_bridges_gaps_and_shuts_exactly() -> None:
    gate = VoicingGate()
    assert [gate.step(1.0, -20, 0.5, -60) for _ in range(3)] == [0.5, 1.0, 1.0]
    assert [gate.step(0.1, -20, 0.5, -60) for _ in range(2)] == [1.0, 1.0]
    shut = [gate.step(0.1, -20, 0.5, -60) for _ in range(gate.release_frames)]
    assert shut[-1] == 0.0
    assert shut == sorted(shut, reverse=True)


def test_the_gate_has_hysteresis() -> None:
    gate = VoicingGate()
    assert gate.step(0.45, -20, 0.5, -60) == 0.0
    gate.step(0.8, -20, 0.5, -60)
    assert gate.step(0.45, -64, 0.5, -60) == 1.0


def test_one_doubtful_frame_does_not_open_the_gate_and_two_do() -> None:
    gate = VoicingGate()
    assert [gate.step(confidence, -20, 0.5, -60) for confidence in (0.54, 0.41, 0.45)] == [0.0, 0.0, 0.0]
    assert [gate.step(0.6, -20, 0.5, -60) for _ in range(3)] == [0.0, 0.5, 1.0]
    assert VoicingGate().step(0.8, -20, 0.5, -60) == 0.5
    assert VoicingGate().step(0.0, -20, 0.0, -60) == 0.5


@pytest.mark.parametrize("frame_s", [0.004, 0.01, 0.02])
def test_the_gate_counts_time_and_not_frames(frame_s: float) -> None:
    gate = VoicingGate(frame_s)
    opening = [gate.step(1.0, -20, 0.5, -60) for _ in range(round(0.04 / frame_s))]
    assert opening[-1] == 1.0
    assert opening[-2] < 1.0
    assert [gate.step(0.1, -20, 0.5, -60) for _ in range(round(0.04 / frame_s))][-1] == 1.0
    shut = [gate.step(0.1, -20, 0.5, -60) for _ in range(round(0.06 / frame_s))]
    assert shut[-1] == 0.0
    assert shut[-2] > 0.0


def test_register_never_changes_inside_a_note() -> None:
    match = RegisterMatch(196.0, 1568.0)
    assert match.step(100.0, 1.0) == 1
    for _ in range(500):
        assert match.step(30.0, 1.0) == 1
    assert match.step(30.0, 0.0) == 3


SHARED_EXTRACTOR = Path(__file__).parents[3] / "shared" / "data" / "extract_features_micro.tflite"


@pytest.mark.skipif(not SHARED_EXTRACTOR.exists(), reason="needs ../shared/data/extract_features_micro.tflite")
def test_ddsp_vsts_own_extractor_tracks() -> None:
    effect = load(DATA / "ddsp_vst_16k.tflite", tracker=f"ddsp-vst:{SHARED_EXTRACTOR}")
    out = effect(tone(1.0, RATE, 330.0)[0], RATE)
    # The extractor's own error on a clean tone is a few cents.
    assert _median_f0(out) == pytest.approx(330.0, rel=0.02)


def test_trackers_are_chosen_by_name_and_mistakes_named() -> None:
    path = DATA / "ddsp_vst_16k.tflite"
    fast, robust = load(path), load(path, tracker="swift")
    for effect in (fast, robust):
        effect.prepare(RATE)
    assert robust.latency_samples > fast.latency_samples + 0.2 * RATE
    with pytest.raises(ParameterError, match="mcleod"):
        load(path, tracker="mcload").prepare(RATE)
    with pytest.raises(ModelError, match="not a pitch extractor"):
        load(path, tracker=f"ddsp-vst:{path}").prepare(RATE)
