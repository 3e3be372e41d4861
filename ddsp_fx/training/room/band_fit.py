# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the blind room estimate: what can be observed in a spectrogram, and the fit of one band.

``blind_estimate`` describes the model and its sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from ddsp_fx.array_types import Doubles, Floats, Mask
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.room.bands import BAND_CENTRES_HZ

Bins = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]

WINDOW = 1024
UPDATES = 30
RT60_GRID_S = 0.25 * 2.0 ** (np.arange(17) / 4)  # 0.25 .. 4 s
START_RT60_S = 0.7
# A bin belongs to a harmonic at most this far away: the Hann window's main lobe (31 Hz) plus vibrato of 10 cents.
NEAR_HZ, NEAR_SHARE = 40.0, 0.006
VOICED = 0.4
SOURCE_FRAMES, LATE_FRAMES, AHEAD_FRAMES = 2, 3, 2  # a harmonic sounds for this long around a frame, then has ended
SMEAR_BINS = 12
# Least ratio of the reverberation to everything else in the bins that are used, in dB: first from a guess, then from
# the fit. With -12 dB, noise floors set the slope of a dry room (RT60 0.96 s for 0.54 s, where -3 dB gave 0.51 s).
FIRST_DB, FITTED_DB = -22.0, -3.0
FEWEST_BINS, MOST_BINS = 200, 15000
CLIP = 5.0  # of power over model: collisions and attacks exceed it, and 0.7 % of an exponential distribution
GAP_FRAMES = 200


@dataclass
class Scene:
    """Observations: power (frames, bins), where harmonics sound, where they have ended, and the rates of both axes."""

    power: Floats
    sounds: Mask
    gone: Mask
    hop: int
    hop_s: float
    columns: list[npt.NDArray[np.intp]]  # the bins of each band


def look(passages: Sequence[Passage], hop: int, sample_rate: int) -> Scene:
    """Return the spectrogram of all recordings (frames, bins), and where harmonics sound or have ended."""
    hertz = np.fft.rfftfreq(WINDOW, 1.0 / sample_rate).astype(np.float32)
    gap = np.zeros((GAP_FRAMES, len(hertz)), np.float32)  # silence, in which one recording's tail ends before the next
    power, sounds, gone = [], [], []
    for passage in passages:
        seen = _power(passage.audio, hop, passage.frames)
        pitch = passage.f0_hz[: len(seen)], passage.confidence[: len(seen)]
        power += [seen, gap]
        sounds += [_near_harmonic(*pitch, hertz, SOURCE_FRAMES, SOURCE_FRAMES), gap > 0]
        gone += [~_near_harmonic(*pitch, hertz, LATE_FRAMES, AHEAD_FRAMES), gap > 0]
    octave = np.log2(np.maximum(hertz, 1.0))[:, None] - np.log2(BAND_CENTRES_HZ)[None]
    nearest = np.where((hertz > 100.0) & (hertz < 0.475 * sample_rate), np.argmin(np.abs(octave), axis=1), -1)
    columns = [np.flatnonzero(nearest == b) for b in range(len(BAND_CENTRES_HZ))]
    stacked = np.concatenate(power), np.concatenate(sounds), np.concatenate(gone)
    return Scene(*stacked, hop, hop / sample_rate, columns)


def _power(audio: Floats, hop: int, frames: int) -> Floats:
    """Return the spectrogram's power, (frames, bins), frame k centred on sample k hop."""
    window = np.hanning(WINDOW + 2)[1:-1].astype(np.float32)
    padded = np.pad(audio, (WINDOW // 2, WINDOW))
    views = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::hop][: min(frames, len(audio) // hop)]
    power: Floats = (np.abs(np.fft.rfft(views * window)) ** 2 / np.sum(window**2)).astype(np.float32)
    return power


def _near_harmonic(f0_hz: Floats, confidence: Floats, hertz: Floats, before: int, after: int) -> Mask:
    """Return whether a bin is near a harmonic of any frame from ``before`` earlier to ``after`` later."""
    f0 = np.maximum(f0_hz, 20.0)[:, None]
    off = np.abs(hertz - np.maximum(np.round(hertz / f0), 1.0) * f0)
    near = (off < NEAR_HZ + NEAR_SHARE * hertz) & (confidence >= VOICED)[:, None]
    wide: Mask = near.copy()
    for lag in range(1, before + 1):
        wide[lag:] |= near[:-lag]
    for lag in range(1, after + 1):
        wide[:-lag] |= near[lag:]

    return wide


@numba.njit(cache=True)
def _accumulate(source, fade, hop):  # type: ignore[no-untyped-def]
    """Return hop * sum_s fade^s source[t - s], with the current frame counted by half (trapezoid): (frames, bins)."""
    out = np.empty_like(source)
    past = np.zeros(source.shape[1], source.dtype)
    for t in range(source.shape[0]):
        for f in range(source.shape[1]):
            past[f] *= fade
            out[t, f] = (past[f] + 0.5 * fade**0.5 * source[t, f]) * hop
            past[f] += source[t, f]
    return out


def _smear(power: Floats) -> Floats:
    """Return the mean over ``SMEAR_BINS`` bins on either side, or as many as the band has, (frames, bins)."""
    bins = power.shape[1]
    reach = np.abs(np.arange(bins)[:, None] - np.arange(bins)[None]) <= SMEAR_BINS
    mean: Floats = (power @ (reach / reach.sum(axis=0)).astype(np.float32)).astype(np.float32)
    return mean


def _fit_weights(bases: Doubles, power: Doubles) -> tuple[Doubles, float]:
    """Fit power (n,) by nonnegative weights of bases (m, n); return them and the mean negative log likelihood."""
    weights = 0.2 * np.median(power) / np.maximum(bases.mean(axis=1), 1e-20)
    for _ in range(UPDATES):
        model = weights @ bases + 1e-16
        ratio = np.minimum(power / model, CLIP)
        weights = weights * np.sqrt((bases @ (ratio / model)) / np.maximum(bases @ (1.0 / model), 1e-20))
    model = weights @ bases + 1e-16
    return weights, float(np.mean(np.log(model) + np.minimum(power / model, CLIP)))


class Band:
    """One band during the fit: its direct sound (frames, bins), the weights v, w, k, n, and the likelihood by RT60."""

    def __init__(self, scene: Scene, direct: Floats, columns: npt.NDArray[np.intp]) -> None:
        self.scene, self.rt60_s, self.weights = scene, START_RT60_S, np.zeros(4)
        self.power, self.sounds = scene.power[:, columns], scene.sounds[:, columns]
        self.gone, self.direct = scene.gone[:, columns], np.ascontiguousarray(direct[:, columns])
        self.curve: Doubles | None = None  # negative log likelihood of all bins at each RT60 of the grid
        self.bins: Bins = (np.zeros(0, np.intp), np.zeros(0, np.intp))

    def _tail(self, source: Floats, rt60_s: float) -> Floats:
        fade = np.float32(10.0 ** (-6.0 * self.scene.hop_s / rt60_s))
        tail: Floats = _accumulate(source, fade, np.float32(self.scene.hop))
        return tail

    def _select(self, smeared: Floats) -> Bins:
        tail = self._tail(self.direct, self.rt60_s)
        if self.curve is None:
            share = 10.0 ** (FIRST_DB / 10.0) * self.scene.hop * START_RT60_S / self.scene.hop_s
            strong = tail > share * _smear(self.power)
        else:
            v, w, k, n = self.weights
            rest = w * self._tail(smeared, self.rt60_s) + k * smeared + n
            strong = v * tail > 10.0 ** (FITTED_DB / 10.0) * rest
        frames, bins = np.nonzero(self.gone & strong)
        if len(frames) < FEWEST_BINS:
            return self.bins
        thin = np.linspace(0, len(frames) - 1, min(len(frames), MOST_BINS)).astype(np.intp)
        return frames[thin], bins[thin]

    def _fit_at(self, rt60_s: float, smeared: Floats) -> tuple[Doubles, float]:
        parts = [self._tail(self.direct, rt60_s), self._tail(smeared, rt60_s), smeared, np.ones_like(smeared)]
        return _fit_weights(
            np.stack([p[self.bins] for p in parts]).astype(np.float64), self.power[self.bins].astype(np.float64) + 1e-14
        )

    def fit(self) -> None:
        """Choose bins and compute the likelihood of each RT60."""
        smeared = _smear(self.direct)
        self.bins = self._select(smeared)
        if len(self.bins[0]) >= FEWEST_BINS:
            fits = [self._fit_at(float(rt60_s), smeared)[1] for rt60_s in RT60_GRID_S]
            self.curve = np.array(fits) * len(self.bins[0])

    def settle(self, rt60_s: float) -> None:
        """Set the RT60, fit the weights, and subtract the reverberation from the direct sound."""
        if self.curve is None:
            return
        self.rt60_s, smeared = rt60_s, _smear(self.direct)
        self.weights, _ = self._fit_at(rt60_s, smeared)
        reverb = self.weights[0] * self._tail(self.direct, rt60_s)
        share = self.direct / (self.direct + reverb + 1e-20)
        self.direct = np.where(self.sounds, self.power * share, 0.0).astype(np.float32)


def shared_rt60(curves: list[Doubles | None]) -> Doubles:
    """Return the most likely RT60 of each band, (bands,), with the neighbours' evidence at half weight."""
    table = np.array([np.zeros(len(RT60_GRID_S)) if c is None else c - c.min() for c in curves])
    around = np.pad(table, ((1, 1), (0, 0)))
    table = table + 0.5 * (around[:-2] + around[2:])
    at = np.clip(np.argmin(table, axis=1), 1, len(RT60_GRID_S) - 2)
    left, mid, right = (table[np.arange(len(table)), at + k] for k in (-1, 0, 1))
    bend = np.maximum(left - 2.0 * mid + right, 1e-9)
    finer = np.clip(0.5 * (left - right) / bend, -1.0, 1.0)  # the vertex of a parabola through three points
    rt60_s: Doubles = RT60_GRID_S[0] * 2.0 ** ((at + finer) / 4)
    return rt60_s
