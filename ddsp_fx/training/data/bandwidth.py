# SPDX-License-Identifier: GPL-3.0-or-later
"""The highest and lowest frequencies in recordings, and the sample rate and size of a model that covers them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_fx.analysis.features import extract
from ddsp_fx.array_types import Floats
from ddsp_fx.training.data.recordings import find_recordings, read_mono

Floating = npt.NDArray[np.floating[Any]]

# For each rate, a band that lower rates lack, away from both edges and from a lossy codec's cut at 16 kHz.
TOP_BANDS_HZ = {48000: (16500.0, 19500.0), 32000: (8500.0, 10500.0)}
# Relative to the loudest kilohertz: for an instrument at 90 dB SPL this is 20 dB, where hearing begins at 40 (ISO
# 389-7, 16 kHz). At 16.5 to 19.5 kHz, MP3 left -93 dB of a violin, hiss had -85 next to a saxophone, a flute -60, a
# cello -67.
AUDIBLE_DB, FLOOR_DB = -70.0, -150.0
N_BANDS = {16000: 65, 32000: 129, 48000: 193}
FEWEST_HARMONICS = {16000: 60, 32000: 100, 48000: 100}
# Enough for a cello's lowest string up to 13 kHz; higher partials are modelled as noise.
MOST_HARMONICS = 200
EXCERPTS, EXCERPT_S = 12, 15.0
BLOCK = 2048


@dataclass(frozen=True)
class Reach:
    """Measurements on excerpts of recordings.

    Attributes:
        top_db: for each rate in `TOP_BANDS_HZ`, the level of its band in dB relative to the loudest kilohertz.
        low_hz: the pitch that 95 % of the voiced frames exceed.
    """

    top_db: Mapping[int, float]
    low_hz: float

    @property
    def sample_rate(self) -> int:
        """The lowest of 16000, 32000 and 48000 Hz that loses nothing audible."""
        return next((rate for rate in TOP_BANDS_HZ if self.top_db[rate] > AUDIBLE_DB), 16000)

    def __str__(self) -> str:
        bands = (f"{low / 1000:g} to {high / 1000:g} kHz" for low, high in TOP_BANDS_HZ.values())
        levels = (f"{self.top_db[rate]:.0f} dB" for rate in TOP_BANDS_HZ)
        return ", ".join(f"{level} at {band}" for level, band in zip(levels, bands, strict=True))

    def settings(self, sample_rate: int) -> dict[str, int]:
        """Return the settings of a `TrainConfig` at ``sample_rate`` with which harmonics and noise reach Nyquist."""
        needed = 10 * math.ceil(sample_rate / 2 / self.low_hz / 10)
        harmonics = min(max(needed, FEWEST_HARMONICS[sample_rate]), MOST_HARMONICS)
        return {"sample_rate": sample_rate, "n_harmonics": harmonics, "n_bands": N_BANDS[sample_rate]}


def fill_in(settings: Mapping[str, Any], reach: Reach) -> dict[str, Any]:
    """Return ``settings``, with missing sample rate, harmonics and noise bands chosen for ``reach``."""
    rate = settings.get("sample_rate", reach.sample_rate)
    return {**(reach.settings(rate) if rate in N_BANDS else {}), **settings}


def reach_of(recordings: Path) -> Reach:
    """Sample at most twelve files, 15 s of each.

    Raises TrainingError for a folder without recordings, or a file that is not a recording.
    """
    paths = find_recordings(recordings)
    chosen = [paths[i] for i in sorted({round(k) for k in np.linspace(0, len(paths) - 1, EXCERPTS)})]
    heard = [read_mono(path, EXCERPT_S) for path in chosen]
    return Reach(top_levels_db(heard), lowest_pitch_hz(heard))


def top_levels_db(heard: Sequence[tuple[Floats, float]]) -> dict[int, float]:
    """For each rate, the median level over sounds (samples,) with their rates of the band that lower rates lack."""
    return {
        rate: float(np.median([band_level_db(audio, native_hz, band_hz) for audio, native_hz in heard]))
        for rate, band_hz in TOP_BANDS_HZ.items()
    }


def band_level_db(audio: Floats, rate_hz: float, band_hz: tuple[float, float]) -> float:
    """Mean power in a band, in the louder half of a sound, in dB of that in its loudest kilohertz; at least -150."""
    blocks = audio[: len(audio) // BLOCK * BLOCK].reshape(-1, BLOCK) * np.hanning(BLOCK)
    energy = np.square(blocks).sum(axis=1)
    if not energy.any() or rate_hz / 2 < band_hz[1]:
        return FLOOR_DB
    power = (np.abs(np.fft.rfft(blocks[energy >= np.median(energy)])) ** 2).mean(axis=0)
    hz = np.fft.rfftfreq(BLOCK, 1 / rate_hz)
    loudest = max(_mean(power, hz, low, low + 1000.0) for low in range(0, int(rate_hz / 2 - 1000), 1000))
    return float(10.0 * np.log10(max(_mean(power, hz, *band_hz) / loudest, 10 ** (FLOOR_DB / 10))))


def _mean(power: Floating, hz: Floating, low: float, high: float) -> float:
    return float(power[(hz >= low) & (hz < high)].mean())


def lowest_pitch_hz(heard: Sequence[tuple[Floats, float]]) -> float:
    """The pitch that 95 % of the voiced frames exceed; 220 Hz if no frame is voiced."""
    features = [extract(audio, rate_hz, "mcleod") for audio, rate_hz in heard]
    voiced = np.concatenate([part.f0_hz[part.voiced] for part in features])
    return float(np.percentile(voiced, 5)) if voiced.size else 220.0
