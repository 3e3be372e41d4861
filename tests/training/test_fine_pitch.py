# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np

from ddsp_fx.training.data.fine_pitch import refine
from ddsp_fx.training.data.passage import Passage

RATE, HOP, FRAMES = 16000, 320, 60


def vibrato_tone() -> tuple[np.ndarray, np.ndarray]:
    """Ten harmonics of 440 Hz with 30 cents of vibrato, and the true pitch at the frames."""
    time_s = np.arange(FRAMES * HOP) / RATE
    f0_hz = 440.0 * 2.0 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * time_s))
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    audio = sum(np.sin(k * phase) / k for k in range(1, 11)) * 0.1
    return audio.astype(np.float32), f0_hz[::HOP].astype(np.float32)


def cents(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 1200 * np.abs(np.log2(a / b))


def test_pitch_that_is_20_cents_off_comes_within_5() -> None:
    audio, true = vibrato_tone()
    random = np.random.default_rng(0).uniform(-20, 20, FRAMES)
    off = (true * 2.0 ** (random / 1200)).astype(np.float32)
    passage = Passage("tone", audio, off, np.ones(FRAMES, np.float32), np.zeros(FRAMES, np.float32))
    fine = refine(passage, hop=HOP, sample_rate=RATE)
    inner = slice(3, -3)
    assert np.median(cents(fine.f0_hz[inner], true[inner])) < 5
    assert np.median(cents(fine.f0_hz[inner], true[inner])) < 0.5 * np.median(cents(off[inner], true[inner]))


def test_unvoiced_frames_keep_their_pitch() -> None:
    audio, true = vibrato_tone()
    passage = Passage("tone", audio, true * 1.01, np.zeros(FRAMES, np.float32), np.zeros(FRAMES, np.float32))
    assert np.array_equal(refine(passage, hop=HOP, sample_rate=RATE).f0_hz, passage.f0_hz)


def test_silence_stays_finite() -> None:
    nothing = np.zeros(FRAMES * HOP, np.float32)
    passage = Passage(
        "nothing", nothing, np.full(FRAMES, 220.0, np.float32), np.ones(FRAMES, np.float32), nothing[:FRAMES]
    )
    assert np.isfinite(refine(passage, hop=HOP, sample_rate=RATE).f0_hz).all()
