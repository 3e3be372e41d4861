# SPDX-License-Identifier: GPL-3.0-or-later
"""The room: exact convolution, correct parameters, exact exports."""

import numpy as np
import pedalboard
import pytest
from support import decaying_noise, stream, tone

from ddsp_fx.dsp.decay import decay_times
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import AudioError

RATE = 48000
RESPONSE = decaying_noise(0.5, 0.8, RATE)


def _wet(**values: float) -> LearnedReverb:
    return LearnedReverb.from_response(RESPONSE, RATE, **{"mix": 1.0, "width": 0.0, **values})


def test_it_is_the_convolution() -> None:
    audio = np.random.default_rng(0).standard_normal((1, 4000)).astype(np.float32)
    out = _wet().render(audio, RATE)
    expected = np.convolve(audio[0].astype(np.float64), RESPONSE[0].astype(np.float64))
    assert out.shape[1] == expected.shape[0]
    # The rounding of float32 FFTs of 4000 unit-variance samples is 1e-6 of the peak.
    assert np.abs(out[0] - expected).max() <= 2e-6 * np.abs(expected).max()


def test_pedalboard_chain_sounds_the_same() -> None:
    effect = LearnedReverb.from_response(RESPONSE, RATE, mix=0.4, tone=3, output_gain=-2)
    audio = tone(0.5, RATE, channels=2)
    ours = effect(audio, RATE)
    chain = pedalboard.Pedalboard([effect.to_pedalboard(RATE)])
    assert np.abs(chain(audio, RATE) - ours).max() <= 1e-5


def test_true_stereo_has_no_pedalboard_chain_but_plays() -> None:
    effect = LearnedReverb.from_response(decaying_noise(0.2, 0.2, RATE, paths=4), RATE, mix=1)
    assert effect(tone(0.1, RATE, channels=2), RATE).shape == (2, 4800)
    with pytest.raises(AudioError, match="this room has 4"):
        effect.to_pedalboard(RATE)


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_decay_scales_the_rt60(factor: float) -> None:
    shaped = _wet(decay=factor).impulse_response(RATE, 1)[0]
    original = decay_times(RESPONSE[0], RATE).rt60_s
    # A fit on one realisation of noise varies by a few per cent.
    assert decay_times(shaped, RATE).rt60_s == pytest.approx(factor * original, rel=0.1)


def test_pre_delay_is_exact() -> None:
    plain, late = _wet().impulse_response(RATE, 1), _wet(pre_delay=25.0).impulse_response(RATE, 1)
    assert np.array_equal(late[:, 1200:], plain)
    assert not late[:, :1200].any()


def test_tone_tilts_around_one_kilohertz() -> None:
    plain, bright = _wet().impulse_response(RATE, 1)[0], _wet(tone=12.0).impulse_response(RATE, 1)[0]
    hz = np.fft.rfftfreq(len(plain), 1 / RATE)
    gain_db = 20 * np.log10(np.abs(np.fft.rfft(bright)) / np.abs(np.fft.rfft(plain)))
    for low, high, expected in ((100, 126, -6.0), (950, 1050, 0.0), (9000, 12000, 6.0)):
        assert np.median(gain_db[(hz > low) & (hz < high)]) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("width", [0.0, 1.0])
def test_width_decorrelates_and_keeps_the_energy(width: float) -> None:
    left, right = _wet(width=width).impulse_response(RATE, 2)
    correlation = float((left * right).sum() / np.sqrt((left**2).sum() * (right**2).sum()))
    assert correlation == pytest.approx(1.0 - width, abs=0.1)
    assert (left**2).sum() == pytest.approx((RESPONSE**2).sum(), rel=0.15)


def test_the_same_room_at_every_rate() -> None:
    effect = _wet()
    energy = {
        rate: float((effect.impulse_response(rate, 1) ** 2).sum() * rate / RATE) for rate in (44100, 48000, 96000)
    }
    # For white noise up to Nyquist, the power gain is energy times rate. Resamplers roll off above 0.91 Nyquist, which
    # costs a white response 6 %; 44.1 kHz also loses the part above 22.05 kHz, 8 % of it.
    assert energy[96000] == pytest.approx(energy[48000], rel=0.07)
    assert energy[44100] == pytest.approx(energy[48000] * 44100 / 48000, rel=0.07)


@pytest.mark.parametrize("symbol", ["decay", "tone", "width", "pre_delay", "mix", "output_gain"])
def test_no_parameter_clicks(symbol: str) -> None:
    """For a low sine, no change causes a step between samples larger than twice the steady sound's largest."""
    effect = LearnedReverb.from_response(RESPONSE, RATE, mix=0.5, width=0.5)
    t = np.arange(RATE) / RATE
    audio = np.repeat((0.3 * np.sin(2 * np.pi * 110 * t))[np.newaxis], 2, axis=0).astype(np.float32)
    effect.prepare(RATE, 480, 2)
    parameter = effect.parameters[symbol]
    out, steady = [], 0.0
    for i in range(100):
        if i and i % 20 == 0:
            effect.set_value(symbol, parameter.from_normalised((i // 20 % 4 + 1) / 5))
        out.append(effect.process_block(audio[:, i * 480 : (i + 1) * 480]))
        loudest = max(float(np.abs(b).max()) for b in out)
        steady = max(steady, loudest * 2 * np.pi * 110 / RATE)
    joined = np.concatenate(out, axis=1)[:, 4800:]
    # The response's first reflections are broadband; the factor allows for the step at the input's onset.
    assert np.abs(np.diff(joined, axis=1)).max() <= 3 * steady


def test_changes_come_at_the_same_sample_in_any_split() -> None:
    audio = np.random.default_rng(1).standard_normal((2, 24000)).astype(np.float32) * np.float32(0.1)
    outs = []
    for sizes in ([100], [4800], [1, 7, 1000]):
        effect = LearnedReverb.from_response(RESPONSE, RATE, mix=1.0)
        effect.prepare(RATE, 8192, 2)
        parts = []
        for k in range(5):
            effect.set_value("decay", 0.5 + 0.3 * k)
            parts.append(stream(effect.process_block, audio[:, k * 4800 : (k + 1) * 4800], sizes))
        outs.append(np.concatenate(parts, axis=1))
    assert np.abs(outs[0] - outs[1]).max() <= 2e-6
    assert np.abs(outs[0] - outs[2]).max() <= 2e-6


def test_an_old_tail_rings_out_after_a_change() -> None:
    effect = _wet()
    effect.prepare(RATE, 4800, 1)
    impulse = np.zeros((1, 4800), np.float32)
    impulse[0, 0] = 1.0
    effect.process_block(impulse)
    effect.set_value("decay", 0.25)
    after = effect.process_block(np.zeros((1, 4800), np.float32))
    assert np.allclose(after[0], RESPONSE[0, 4800:9600], atol=1e-6)
