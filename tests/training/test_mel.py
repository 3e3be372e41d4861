# SPDX-License-Identifier: GPL-3.0-or-later
"""Log mel spectra show the sound at its frequency and time, and cepstra are the orthonormal DCT-II."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.training.model import mel

HOP, RATE, MELS = 320, 16000, 128


def _log_mel(audio: np.ndarray, rate: int = RATE) -> np.ndarray:
    return np.asarray(mel.log_mel(audio.astype(np.float32), hop=HOP * rate // RATE, sample_rate=rate, n_mels=MELS))


@pytest.mark.parametrize("rate", [16000, 48000])
@pytest.mark.parametrize("tone_hz", [440.0, 3000.0])
def test_a_tone_peaks_in_its_own_band_at_any_rate(tone_hz: float, rate: int) -> None:
    time_s = np.arange(rate) / rate
    seen = _log_mel(0.5 * np.sin(2 * np.pi * tone_hz * time_s)[None], rate)
    assert seen.shape == (1, 51, MELS)
    step = (mel.mel_of_hz(8000.0) - mel.mel_of_hz(20.0)) / (MELS + 1)
    wanted = (mel.mel_of_hz(tone_hz) - mel.mel_of_hz(20.0)) / step - 1.0
    assert abs(int(seen[0, 25].argmax()) - wanted) <= 1.0


def test_frame_k_is_centred_on_sample_k_hop() -> None:
    audio = np.zeros((1, 20 * HOP), np.float32)
    audio[0, 7 * HOP] = 1.0
    assert int(_log_mel(audio)[0].sum(axis=-1).argmax()) == 7


def test_no_band_is_empty_and_silence_is_the_floor() -> None:
    assert mel.mel_weights(229, 1024, RATE).sum(axis=0) == pytest.approx(1.0, rel=1e-5)
    # 1e-12 under the root is 1 % of the floor.
    assert _log_mel(np.zeros((1, 3200))) == pytest.approx(np.log(mel.FLOOR), abs=0.02)


def test_cepstra_are_scipys() -> None:
    fft = pytest.importorskip("scipy.fft")
    spectra = np.random.default_rng(0).standard_normal((2, 5, MELS)).astype(np.float32)
    wanted = fft.dct(spectra, type=2, norm="ortho")[..., :30]
    assert np.allclose(np.asarray(mel.mfcc(spectra, 30)), wanted, atol=1e-4)
