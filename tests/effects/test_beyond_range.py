# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes below the trained range sound only with harmonics that were in the training data's band."""

from dataclasses import replace

import numpy as np
import pytest
from support import fake_decoder, tone

from ddsp_fx.bundles import load
from ddsp_fx.bundles.discovery import discover
from ddsp_fx.bundles.evaluation import KIND
from ddsp_fx.effects import Source, Trained
from ddsp_fx.effects.timbre_transfer import TimbreTransfer

RATE = 48000
INSTRUMENTS = {
    entry.symbol: bundle for bundle in discover().bundles for entry in bundle.manifest.effects if entry.kind == KIND
}


def _harmonics_db(audio: np.ndarray, f0_hz: float, numbers: range) -> np.ndarray:
    """Level at each multiple of a steady pitch, in dB relative to the strongest."""
    middle = audio[RATE // 2 : RATE // 2 + RATE]
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    near = [power[round(k * f0_hz) - 15 : round(k * f0_hz) + 16].max() for k in numbers]
    return np.asarray(10.0 * np.log10(np.array(near) / max(near) + 1e-20))


def test_a_harmonic_that_no_trained_note_could_have_stays_silent() -> None:
    # Of notes from 600 Hz up, the 13th harmonic is the last one below 8 kHz.
    trained = replace(Trained(level="power"), f0_min_hz=600.0)
    effect = TimbreTransfer(Source(trained=trained, runner=fake_decoder()), noise_gain=-60.0)
    levels = _harmonics_db(effect(tone(2.0, RATE, 300.0)[0], RATE), 300.0, range(1, 20))
    # The decoder's spectrum falls with 1 / k; 3 dB allow for the window.
    assert levels[12] == pytest.approx(-20.0 * np.log10(13.0), abs=3.0)
    assert levels[13:].max() < -60.0


@pytest.mark.parametrize("symbol", INSTRUMENTS)
def test_an_instrument_two_octaves_down_does_not_whistle(symbol: str) -> None:
    trained_on = INSTRUMENTS[symbol].manifest.trained_on
    assert trained_on is not None
    trained = trained_on.trained()
    played_hz = 1.2 * trained.f0_min_hz
    effect = load(symbol, pitch_shift=-24.0, noise_gain=-60.0, room=False)
    out = effect(tone(2.0, RATE, played_hz)[0], RATE)
    levels = _harmonics_db(out, played_hz / 4.0, range(1, int(2.0 * trained.sample_rate / played_hz)))
    assert np.abs(out).max() > 1e-3
    taught = int(trained.sample_rate / 2.0 / trained.f0_min_hz)
    # Overtones fall: the strongest is among the first ten, and the last few trained ones are at most at -40 dB.
    assert levels[:10].max() == 0.0
    assert levels[taught - 5 :].max(initial=-200.0) < -40.0
