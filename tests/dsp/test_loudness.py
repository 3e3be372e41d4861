# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.dsp.loudness import FLOOR_DB, LevelMeter, a_weighting_db, loudness_db, power_db, rms
from ddsp_fx.errors import ParameterError


def test_reference_loudness_and_power(golden):
    vectors = golden("loudness")
    audio = vectors["audio"]
    # 1e-3 dB: float32 spectra, where the reference has float64.
    np.testing.assert_allclose(loudness_db(audio, hop=64), vectors["ld250_center"], atol=1e-3)
    np.testing.assert_allclose(loudness_db(audio, hop=320, frame=2048), vectors["ld50_center_2048"], atol=1e-3)
    np.testing.assert_allclose(power_db(audio), vectors["power250"], atol=1e-4)
    np.testing.assert_allclose(rms(audio), vectors["rms250"], atol=1e-7)


@pytest.mark.parametrize("kind", ["loudness", "power"])
def test_silence_reads_the_floor(kind):
    assert LevelMeter(kind).levels(np.zeros((3, 1024), np.float32)).tolist() == [FLOOR_DB] * 3


@pytest.mark.parametrize("kind", ["loudness", "power"])
@given(gain_db=st.floats(-20, 0))
def test_level_follows_gain(kind, gain_db):
    noise = np.random.default_rng(1).uniform(-1, 1, (1, 1024)).astype(np.float32)
    quieter = (noise * 10 ** (gain_db / 20)).astype(np.float32)
    meter = LevelMeter(kind)
    assert meter.levels(quieter) == pytest.approx(meter.levels(noise) + gain_db, abs=1e-3)


@pytest.mark.parametrize("kind", ["loudness", "power"])
def test_a_frame_does_not_know_its_neighbours(kind):
    frames = np.random.default_rng(2).normal(size=(7, 1024)).astype(np.float32)
    meter = LevelMeter(kind)
    one_by_one = np.concatenate([meter.levels(frames[i : i + 1]) for i in range(7)])
    assert np.array_equal(meter.levels(frames), one_by_one)


def test_a_weighting_has_its_known_values():
    # IEC 61672-1 table 3, rounded there to 0.1 dB; its 31.5 Hz is exactly 10 ** 1.5 Hz, its 100 Hz 10 ** 2.
    known = {31.62: -39.4, 100: -19.1, 1000: 0.0, 2511.9: 1.3, 7943.3: -1.1}
    weighting = a_weighting_db(np.array(list(known)))
    np.testing.assert_allclose(weighting, list(known.values()), atol=0.06)


def test_wrong_use_is_explained():
    with pytest.raises(ParameterError, match="'loudness' or 'power'"):
        LevelMeter("volume")
    with pytest.raises(ParameterError, match=r"expected \(n, 1024\)"):
        LevelMeter("power").levels(np.zeros((1, 512), np.float32))


@pytest.mark.parametrize("frame", [512, 1000, 1024])
def test_the_compiled_meter_is_the_definition(frame: int) -> None:
    """To 1e-4 dB, between a float32 transform and one in double precision. Other sizes than powers of 2 use NumPy."""
    frames = np.random.default_rng(3).standard_normal((9, frame)).astype(np.float32) * np.logspace(-4, 0, 9)[:, None]
    frames = frames.astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame) / frame)
    weights = 10.0 ** (a_weighting_db(np.fft.rfftfreq(frame, 1.0 / 16000)) / 10.0)
    power = np.mean(np.abs(np.fft.rfft(frames.astype(np.float64) * window)) ** 2 * weights, axis=1)
    assert np.abs(LevelMeter("loudness", frame).levels(frames) - 10.0 * np.log10(power)).max() < 1e-4
    assert LevelMeter("loudness", frame).levels(frames[:0]).shape == (0,)
