# SPDX-License-Identifier: GPL-3.0-or-later
"""The blind estimate of a room, on notes in simulated rooms of known decay and level."""

import numpy as np
import pytest

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.room.blind_estimate import RoomEstimate, estimate_room

RATE, HOP = 16000, 320


def _line(seconds: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dry harmonic notes at random pitches, with f0 and confidence per frame; about one in five is a rest."""
    rng = np.random.default_rng(seed)
    f0, gain = [], []
    while len(f0) < seconds * RATE / HOP:
        frames = int(rng.integers(8, 25))
        f0 += [220.0 * 2.0 ** (rng.uniform(0, 24) / 12)] * frames
        gain += [float(rng.random() > 0.2)] * frames
    times = np.arange(len(f0) * HOP) // HOP
    phase = 2 * np.pi * np.cumsum(np.array(f0)[times]) / RATE
    envelope = np.convolve(np.array(gain)[times], np.full(160, 1 / 160), "same")
    audio = np.zeros(len(phase))
    for k in range(1, 30):
        audible = k * np.array(f0)[times] < 0.47 * RATE
        audio += audible * envelope * np.sin(k * phase + rng.uniform(0, 6.28)) / k
    return 0.1 * audio, np.array(f0, np.float32), np.array(gain, np.float32)


def _track(audio: np.ndarray, f0: np.ndarray, confidence: np.ndarray) -> Passage:
    return Passage("line", audio.astype(np.float32), f0, confidence, np.zeros_like(f0))


def _in_room(audio: np.ndarray, rt60_s: float, wet_db: float) -> np.ndarray:
    """Add white noise that decays by 60 dB in ``rt60_s``, with ``wet_db`` more energy than the direct sound."""
    count = int(1.5 * rt60_s * RATE)
    taps = np.random.default_rng(1).standard_normal(count) * 10.0 ** (-3.0 * np.arange(count) / RATE / rt60_s)
    taps *= np.sqrt(10.0 ** (wet_db / 10.0) / np.sum(taps**2))
    size = len(audio) + count
    wet = np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(taps, size), size)[: len(audio)]
    return np.asarray(audio + wet)


@pytest.mark.parametrize(("rt60_s", "wet_db"), [(0.5, 0.0), (1.3, -3.0)])
def test_decay_and_level_are_found(rt60_s: float, wet_db: float) -> None:
    audio, f0, confidence = _line(60.0, seed=3)
    room = estimate_room([_track(_in_room(audio, rt60_s, wet_db), f0, confidence)])
    heard = slice(2, 9)  # 312 Hz .. 5 kHz, where the line has several harmonics
    assert np.median(room.rt60_s[heard]) == pytest.approx(rt60_s, rel=0.15)
    assert np.median(room.wet_db()[heard]) == pytest.approx(wet_db, abs=3.0)


@pytest.mark.parametrize(("rt60_s", "wet_db"), [(0.2, 3.0), (1.0, -40.0)])
def test_what_is_no_room_is_refused(rt60_s: float, wet_db: float) -> None:
    audio, f0, confidence = _line(60.0, seed=3)
    with pytest.raises(TrainingError, match=r"not a room|free decays"):
        estimate_room([_track(_in_room(audio, rt60_s, wet_db), f0, confidence)])


def test_rendered_response_has_the_stated_energy_decay_and_silent_first_sample() -> None:
    room = RoomEstimate((125.0, 1000.0, 8000.0), (0.8, 0.8, 0.8), (-30.0, -30.0, -30.0))
    taps = room.render(2 * RATE, RATE, seed=4)
    assert taps.shape == (2 * RATE,)
    assert taps.dtype == np.float32
    assert taps[0] == 0.0
    energy_db = 10.0 * np.log10(np.sum(taps.astype(np.float64) ** 2))
    assert energy_db == pytest.approx(room.wet_db()[0], abs=0.5)
    quarter = RATE // 10
    fall_db = 10.0 * np.log10(np.mean(taps[:quarter] ** 2) / np.mean(taps[4 * quarter : 5 * quarter] ** 2))
    assert fall_db == pytest.approx(60.0 * 0.4 / 0.8, abs=1.0)


def test_same_seed_renders_the_same_room() -> None:
    room = RoomEstimate((125.0, 1000.0, 8000.0), (0.5, 0.4, 0.3), (-30.0, -35.0, -40.0))
    assert np.array_equal(room.render(4000, RATE, seed=2), room.render(4000, RATE, seed=2))
    assert not np.array_equal(room.render(4000, RATE, seed=2), room.render(4000, RATE, seed=3))


def test_too_few_decays_is_an_error_with_a_remedy() -> None:
    f0, ones = np.full(100, 440.0, np.float32), np.ones(100, np.float32)
    audio = np.sin(2 * np.pi * 440.0 * np.arange(100 * HOP) / RATE)
    with pytest.raises(TrainingError, match="add minutes of separate notes"):
        estimate_room([_track(audio, f0, ones)])
    with pytest.raises(TrainingError, match="at least one passage"):
        estimate_room([])
