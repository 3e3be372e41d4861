# SPDX-License-Identifier: GPL-3.0-or-later
"""Estimates a room's late reverberation from a wet recording of one instrument, by adding up energies.

Late sound adds incoherently. Let D(t, f) be the power of the direct sound in a spectrogram. A room whose impulse
response is noise with variance v 10^(-6 s/T) at s seconds adds, on average, R(t, f) = v sum_s 10^(-6 s/T) D(t - s, f)
(Polack, "La transmission de l'energie sonore dans les salles", 1988). D is observed where, by the pitch, a harmonic
sounds; R is observed alone in bins where a harmonic has ended. There the power is exponentially distributed around

    M = v U[D] + w U[E] + k E + n,    U[X] = sum_s 10^(-6 s/T) X(t - s),    E = D smeared over frequency,

(E models bow noise, U[E] its reverberation, n hiss), which multiplicative updates fit by maximum likelihood
(Itakura-Saito: Fevotte, Bertin and Durrieu, Neural Computation 21, 2009). Then D = P D / (D + R), and the fit repeats.
A gradient of the spectral loss is worse: it penalises the fluctuation that rooms add, and ended 15-20 dB too low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ddsp_fx.array_types import Doubles, Floats
from ddsp_fx.errors import TrainingError
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.room.band_fit import Band, look, shared_rt60
from ddsp_fx.training.room.bands import BAND_CENTRES_HZ, band_noise, with_air

ROUNDS = 4
FEWEST_BANDS = 3
# A measured room does not decay along a straight line. Tails show its first, steeper part: T30 came out 13 to 25 % too
# short in five rooms, on lines not used for tuning. Pure exponentials come out between 8 % too short and 1 % too long,
# so the correction goes no further. benchmarks/room_estimation.py prints the remaining error.
SLOPES = 1.12
# A shorter decay is a body or a string; a fainter one is the floor of a gate or codec. For studio recordings the
# estimates were 0.31 s at +7 dB (a cello) and 4.5 s at -55 dB (a saxophone). Measured rooms start at 0.5 s.
SHORTEST_RT60_S, FAINTEST_WET_DB = 0.4, -30.0


@dataclass(frozen=True)
class RoomEstimate:
    """The room as decaying noise: (bands,) centre in Hz, RT60 in s, level at t = 0 in dB a sample at `sample_rate`."""

    centres_hz: tuple[float, ...]
    rt60_s: tuple[float, ...]
    late_db: tuple[float, ...]
    sample_rate: int = 16000

    def wet_db(self) -> Doubles:
        """Return the response's energy in each band in dB relative to the direct sound, (bands,)."""
        return np.asarray(self.late_db) + _tail_db(np.asarray(self.rt60_s), self.sample_rate)

    def render(self, length: int, sample_rate: int, seed: int = 0) -> Floats:
        """Return the impulse response (length,) of the wet part, with first sample 0: output = dry + dry * response.

        Above the highest estimated band, the walls' absorption is extended and that of air is added (`room.with_air`).
        """
        centres_hz, rt60_s = with_air(self.centres_hz, self.rt60_s, sample_rate)
        late_db = np.pad(self.late_db, (0, len(centres_hz) - len(self.late_db)), mode="edge")
        # Tails add up over samples, whose number per second depends on the rate.
        late_db = late_db + 10.0 * np.log10(self.sample_rate / sample_rate)
        time_s = np.arange(length) / sample_rate
        decay_db = late_db[:, None] - 60.0 * time_s / np.asarray(rt60_s)[:, None]
        # Each band has independent noise: with common noise, bands would add in amplitude where they cross, 2 dB too
        # much.
        bands = len(centres_hz)
        noise = [band_noise(seed * bands + b, length, sample_rate, centres_hz)[b] for b in range(bands)]
        taps = np.sum(10.0 ** (decay_db / 20.0) * np.array(noise), axis=0)
        taps[:1] = 0.0
        response: Floats = taps.astype(np.float32)
        return response


def estimate_room(passages: Sequence[Passage], *, hop: int = 320, sample_rate: int = 16000) -> RoomEstimate:
    """Estimate the late reverberation in recordings of one instrument in one room.

    Args:
        passages: recordings at ``sample_rate`` with pitch and confidence every ``hop`` samples; minutes in total.
        hop: samples per frame.
        sample_rate: in Hz.

    Raises:
        TrainingError: if fewer than three bands have audible free tails, or if the result is not a room.
    """
    if not passages:
        raise TrainingError("room: no recording to estimate a room from: pass at least one passage")
    scene = look(passages, hop, sample_rate)
    direct = np.where(scene.sounds, scene.power, np.float32(0))
    bands = [Band(scene, direct, columns) for columns in scene.columns]
    for _ in range(ROUNDS):
        for band in bands:
            band.fit()
        times = shared_rt60([band.curve for band in bands])
        for band, rt60_s in zip(bands, times, strict=True):
            band.settle(float(rt60_s))
    return _estimate(bands, sample_rate)


def _tail_db(rt60_s: Doubles, sample_rate: int) -> Doubles:
    """Return the energy of 10^(-6 s/T) summed over samples, in dB."""
    total: Doubles = 10.0 * np.log10(rt60_s * sample_rate / 13.8155)
    return total


def _estimate(bands: list[Band], sample_rate: int) -> RoomEstimate:
    """Smooth over bands, and interpolate silent bands from their neighbours."""
    heard = np.array([band.curve is not None and band.weights[0] > 0.0 for band in bands])
    if heard.sum() < FEWEST_BANDS:
        raise TrainingError(
            f"room: the recordings have free decays in {heard.sum()} bands of {len(bands)}, and {FEWEST_BANDS} are"
            " needed: add minutes of separate notes, or give the room's impulse response"
        )
    axis = np.arange(len(bands))
    rt60_s = np.array([band.rt60_s for band in bands])
    wet_db = 10.0 * np.log10([max(band.weights[0], 1e-12) for band in bands]) + _tail_db(rt60_s, sample_rate)
    rt60_s = SLOPES * np.exp(np.interp(axis, axis[heard], np.log(rt60_s[heard])))
    wet_db = np.interp(axis, axis[heard], wet_db[heard])
    # A band's level depends on few distinct pitches (1-2 dB of chance); a quarter of each neighbour halves that.
    wet_db = np.convolve(np.pad(wet_db, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    late_db = wet_db - _tail_db(rt60_s, sample_rate)
    _require_room(float(np.median(rt60_s)), float(np.median(wet_db)))
    return RoomEstimate(BAND_CENTRES_HZ, tuple(map(float, rt60_s)), tuple(map(float, late_db)), sample_rate)


def _require_room(rt60_s: float, wet_db: float) -> None:
    if rt60_s < SHORTEST_RT60_S or wet_db < FAINTEST_WET_DB:
        raise TrainingError(
            f"room: sound after the notes decays in {rt60_s:.2f} s at {wet_db:.0f} dB, which is not a room (at least"
            f" {SHORTEST_RT60_S:g} s and {FAINTEST_WET_DB:g} dB): the recordings are dry"
        )
