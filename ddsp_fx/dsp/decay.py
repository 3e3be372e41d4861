# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of an impulse response: how fast it decays, and how much of it is direct sound.

Schroeder, "New method of measuring reverberation time" (JASA 37, 1965). The ranges of the fits are those of
ISO 3382-1. A measured response is integrated up to the point where it meets its noise, after Lundeby et al. (Acustica
81, 1995).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Doubles
from ddsp_fx.errors import AudioError

_BLOCK_S = 0.01
_NOISE_SHARE = 0.1
# The fit that finds the noise stays this far above it; there, noise adds less than 0.5 dB.
_ABOVE_NOISE_DB = 10.0
OCTAVE_CENTRES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0)


@dataclass(frozen=True)
class DecayTimes:
    """Times to fall by 60 dB in seconds, extrapolated from a part of the decay; NaN if noise hides that part.

    Attributes:
        early_s: from 0 to -10 dB (early decay time).
        t20_s: from -5 to -25 dB.
        t30_s: from -5 to -35 dB.
    """

    early_s: float
    t20_s: float
    t30_s: float

    @property
    def rt60_s(self) -> float:
        """T30, else T20, else the early decay time: the first that is not NaN."""
        known = [t for t in (self.t30_s, self.t20_s, self.early_s) if np.isfinite(t)]
        return known[0] if known else float("nan")


def energy_decay_db(impulse_response: NDArray[np.floating], sample_rate: float) -> Doubles:
    """Schroeder's curve: the energy that remains after each sample, in dB relative to all of it.

    Args:
        impulse_response: (taps,).
        sample_rate: in Hz.

    Returns:
        (n,) from 0 dB down, from the strongest tap to the point where the response meets its noise.

    Raises:
        AudioError: if the response is silent or not one-dimensional.
    """
    energy = _energy_from_direct(impulse_response)
    end, beyond = _meet_noise(energy, sample_rate)
    to_come = np.cumsum(energy[:end][::-1])[::-1] + beyond
    curve: Doubles = 10.0 * np.log10(to_come / to_come[0])
    return curve


def _energy_from_direct(impulse_response: NDArray[np.floating]) -> Doubles:
    taps = np.asarray(impulse_response, np.float64)
    if taps.ndim != 1 or not np.isfinite(taps).all() or not taps.any():
        raise AudioError(
            f"decay: an impulse response of shape {taps.shape} must be one-dimensional, finite and not silent"
        )
    sounding = np.flatnonzero(taps)
    energy: Doubles = taps[np.argmax(np.abs(taps)) : sounding[-1] + 1] ** 2
    return energy


def _meet_noise(energy: Doubles, sample_rate: float) -> tuple[int, float]:
    """(samples before the decay meets its noise, energy that an endless decay would have after them)."""
    block = max(1, int(_BLOCK_S * sample_rate))
    count = energy.size // block
    if count < 10:
        return energy.size, 0.0
    level_db = 10.0 * np.log10(energy[: count * block].reshape(count, block).mean(axis=1) + 1e-300)
    noise_db = _noise_db(level_db)
    above = np.flatnonzero(level_db > noise_db + _ABOVE_NOISE_DB)
    last = int(above[-1]) + 1 if above.size else 1
    slope, start = np.polyfit(np.arange(last), level_db[:last], 1) if last > 2 else (0.0, 0.0)
    if slope >= 0.0:
        # No decay stands out: all that follows counts as remaining energy, and every decay time becomes NaN.
        return last * block, float(energy[last * block :].sum())
    # One e-fold of energy is 4.34 dB. Beyond the end, an exponential contains (level there) * (e-fold).
    end = min(energy.size, max(1, int((noise_db - start) / slope * block)))
    end_power = 10.0 ** ((start + slope * end / block) / 10.0)
    return end, end_power * 4.342945 / -slope * block


def _noise_db(level_db: Doubles) -> float:
    tail = level_db[-max(1, int(_NOISE_SHARE * level_db.size)) :]
    return float(10.0 * np.log10(np.mean(10.0 ** (tail / 10.0))))


def _seconds_to_60_db(curve_db: Doubles, sample_rate: float, from_db: float, to_db: float) -> float:
    if curve_db[-1] > to_db:
        return float("nan")
    inside = np.flatnonzero((curve_db <= from_db) & (curve_db >= to_db))
    if inside.size < 2:
        return float("nan")
    slope = np.polyfit(inside / sample_rate, curve_db[inside], 1)[0]
    return float(-60.0 / slope)


def decay_times(impulse_response: NDArray[np.floating], sample_rate: float) -> DecayTimes:
    """Reverberation times of (taps,); raises AudioError as `energy_decay_db` does."""
    curve_db = energy_decay_db(impulse_response, sample_rate)
    early, t20, t30 = (_seconds_to_60_db(curve_db, sample_rate, *span) for span in ((0, -10), (-5, -25), (-5, -35)))
    return DecayTimes(early, t20, t30)


def octave_bands(audio: NDArray[np.floating], sample_rate: float) -> dict[float, Doubles]:
    """Audio (samples,) split into the octaves below Nyquist, by centre in Hz, with zero phase.

    Neighbours cross at -3 dB on a logarithmic axis, and their powers add up. Filters last about 4 periods.
    """
    n = 2 * audio.size
    hertz = np.fft.rfftfreq(n, 1.0 / sample_rate)
    octave = np.log2(np.maximum(hertz, 1e-3))
    spectrum = np.fft.rfft(np.asarray(audio, np.float64), n)
    bands = {}
    for centre_hz in OCTAVE_CENTRES_HZ:
        if centre_hz * np.sqrt(2.0) <= sample_rate / 2.0:
            distance = np.abs(octave - np.log2(centre_hz))
            gain = np.cos(0.5 * np.pi * np.clip(distance, 0.0, 1.0))
            bands[centre_hz] = np.fft.irfft(spectrum * gain, n)[: audio.size]
    return bands


def octave_decay_times(impulse_response: NDArray[np.floating], sample_rate: float) -> dict[float, DecayTimes]:
    """Reverberation times of (taps,) in each octave that is not silent, by centre in Hz."""
    bands = octave_bands(impulse_response, sample_rate)
    return {centre_hz: decay_times(band, sample_rate) for centre_hz, band in bands.items() if band.any()}


def octave_energies_db(audio: NDArray[np.floating], sample_rate: float) -> dict[float, float]:
    """Energy of (samples,) in each octave in dB, by centre in Hz; -300 dB for silence."""
    bands = octave_bands(audio, sample_rate)
    return {c: float(10.0 * np.log10(np.sum(band**2) + 1e-30)) for c, band in bands.items()}


def direct_to_reverberant_db(
    impulse_response: NDArray[np.floating], sample_rate: float, direct_s: float = 0.0025
) -> float:
    """Energy within `direct_s` of the strongest tap over the energy of what follows, in dB; inf if nothing does."""
    taps = np.asarray(impulse_response, np.float64)
    _energy_from_direct(taps)
    peak, reach = int(np.argmax(np.abs(taps))), round(direct_s * sample_rate)
    direct = np.sum(taps[max(0, peak - reach) : peak + reach + 1] ** 2)
    reverberant = np.sum(taps[peak + reach + 1 :] ** 2)
    return float(10.0 * np.log10(direct / reverberant)) if reverberant > 0.0 else float("inf")
