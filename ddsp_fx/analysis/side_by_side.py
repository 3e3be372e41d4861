# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares two recordings: the time between them, gain, correlation, spectrum by octave, pitch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.features import extract
from ddsp_fx.analysis.trackers import DEFAULT_TRACKER
from ddsp_fx.array_types import Audio, Mono

# Offsets are looked for within this many seconds, in pieces of 2^20 samples: memory does not grow with the length.
LONGEST_OFFSET_S = 10.0
_PIECE = 1 << 20
_SEGMENT = 8192
OCTAVES_HZ = (31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
# Share of a band's power below which it counts as empty.
_SILENCE_DB = -110.0
FEWEST_FRAMES = 5
# Below this correlation the waveforms have too little in common for an offset or a polarity to mean anything.
ALIKE = 0.2


def offset_samples(first: Mono, second: Mono, most: int) -> int:
    """The number of samples, within +-most, by which the second (samples,) lags the first: where they correlate best.

    Inverted polarity counts as the same sound. 0 if one is silent.
    """
    total = np.zeros(2 * most + 1)
    padded = np.pad(second, (most, most + len(first)))
    for start in range(0, len(first), _PIECE):
        piece = first[start : start + _PIECE]
        other = padded[start : start + len(piece) + 2 * most]
        size = 1 << (len(piece) + len(other) - 1).bit_length()
        spectrum = np.conj(np.fft.rfft(piece, size)) * np.fft.rfft(other, size)
        total += np.fft.irfft(spectrum, size)[: 2 * most + 1]
    return int(np.abs(total).argmax()) - most if total.any() else 0


@dataclass(frozen=True)
class Overlap:
    """The part that both recordings have, aligned: (channels, n) each, the same n.

    `offset` is the samples by which the second lags; None where the waveforms are too unlike to tell, and then both are
    taken from their start.
    """

    first: Audio
    second: Audio
    offset: int | None

    @classmethod
    def of(cls, first: Audio, second: Audio, sample_rate: float) -> Overlap:
        """Of two recordings at one rate, channels as they are."""
        longest = max(first.shape[1], second.shape[1])
        most = min(int(LONGEST_OFFSET_S * sample_rate), longest - 1)
        offset = offset_samples(mono(first), mono(second), most)
        aligned = cls._at(first, second, offset)
        if abs(aligned.correlation()) >= ALIKE:
            return aligned
        return replace(cls._at(first, second, 0), offset=None)

    @classmethod
    def _at(cls, first: Audio, second: Audio, offset: int) -> Overlap:
        a, b = first[:, max(-offset, 0) :], second[:, max(offset, 0) :]
        n = min(a.shape[1], b.shape[1])
        return cls(a[:, :n], b[:, :n], offset)

    def correlation(self) -> float:
        """Of the means of the channels, -1 to 1; NaN where one is silent."""
        a, b = (mono(sound).astype(np.float64) for sound in (self.first, self.second))
        a, b = a - a.mean(), b - b.mean()
        scale = math.sqrt(float(a @ a) * float(b @ b))
        return float(a @ b) / scale if scale else math.nan

    def gain_db(self) -> float:
        """The second's RMS level above the first's; NaN where one is silent."""
        return level_db(self.second) - level_db(self.first) if self.first.any() and self.second.any() else math.nan


def mono(audio: Audio) -> Mono:
    """The mean over the channels."""
    return np.asarray(audio.mean(axis=0), np.float32)


def level_db(audio: Audio) -> float:
    """RMS in dB re full scale, -inf for silence."""
    power = float(np.mean(np.square(audio, dtype=np.float64))) if audio.size else 0.0
    return 10.0 * math.log10(power) if power else -math.inf


def peak_db(audio: Audio) -> float:
    """The largest sample in dB re full scale, -inf for silence."""
    peak = float(np.abs(audio).max(initial=0.0))
    return 20.0 * math.log10(peak) if peak else -math.inf


def null_db(correlation: float) -> float:
    """What is left of the second once the first is taken out at the gain that leaves least, in dB re the second.

    -inf for nothing, NaN where there is no correlation.
    """
    if math.isnan(correlation):
        return math.nan
    left = 1.0 - correlation**2
    return 10.0 * math.log10(left) if left > 1e-15 else -math.inf


def octave_levels_db(audio: Audio, sample_rate: float) -> dict[float, float]:
    """The power in each octave band below half the rate, in dB; -inf for an empty band.

    Hann segments of 8192 samples at half overlap, the mean over channels and time.
    """
    padded = np.pad(audio, ((0, 0), (0, max(_SEGMENT - audio.shape[1], 0))))
    window = np.hanning(_SEGMENT)
    power = np.zeros(_SEGMENT // 2 + 1)
    starts = range(0, padded.shape[1] - _SEGMENT + 1, _SEGMENT // 2)
    for start in starts:
        spectrum = np.fft.rfft(padded[:, start : start + _SEGMENT] * window)
        power += np.mean(spectrum.real**2 + spectrum.imag**2, axis=0)
    power /= len(starts) * _SEGMENT * float(np.sum(window**2)) / 2.0
    bins_hz = np.fft.rfftfreq(_SEGMENT, 1.0 / sample_rate)
    return {centre: _band_db(power, bins_hz, centre) for centre in OCTAVES_HZ if centre < sample_rate / 2.0}


def _band_db(power: NDArray[np.float64], bins_hz: NDArray[np.floating[Any]], centre_hz: float) -> float:
    inside = (bins_hz >= centre_hz / math.sqrt(2.0)) & (bins_hz < centre_hz * math.sqrt(2.0))
    total = float(power[inside].sum())
    return max(10.0 * math.log10(total), _SILENCE_DB) if total > 10.0 ** (_SILENCE_DB / 10.0) else -math.inf


@dataclass(frozen=True)
class Pitches:
    """The pitch of both, a frame each 20 ms; NaN where a sound has none."""

    time_s: Mono
    first_hz: Mono
    second_hz: Mono

    @classmethod
    def of(cls, first: Mono, second: Mono, sample_rate: float, tracker: str = DEFAULT_TRACKER) -> Pitches:
        """Of two sounds (samples,) of one length; raises what opening the tracker raises."""
        found = [extract(sound, sample_rate, tracker) for sound in (first, second)]
        curves = [np.where(f.voiced, f.f0_hz, np.nan).astype(np.float32) for f in found]
        return cls(np.arange(len(curves[0]), dtype=np.float32) / 50.0, curves[0], curves[1])

    def cents(self) -> Mono:
        """The second's pitch above the first's in the frames where both have one; empty where those are too few."""
        cents = 1200.0 * np.log2(self.second_hz / self.first_hz)
        known = np.asarray(cents[np.isfinite(cents)], np.float32)
        return known if len(known) >= FEWEST_FRAMES else known[:0]
