# SPDX-License-Identifier: GPL-3.0-or-later
"""The data that the panel draws: a track's levels, a spectrum in 96 bands, and the input's pitch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx_bridge.engine import Engine, Track
from ddsp_fx_bridge.engine.meters import SCOPE_SAMPLES
from ddsp_fx_bridge.osc.track_nodes import hearing_lines

FFT = 2048
BANDS = 96
LOWEST_HZ, HIGHEST_HZ = 40.0, 16000.0
FLOOR_DB = -100.0


class Spectrum:
    """Peak levels in 96 bands that are equally wide in octaves.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: float) -> None:
        self._window = np.hanning(FFT + 1)[:FFT].astype(np.float32)
        # Scaled so that a full-scale sine has 0 dB.
        self._scale = 2.0 / float(self._window.sum())
        self.edges_hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, sample_rate / 2.0), BANDS + 1)
        first = np.floor(self.edges_hz[:-1] * FFT / sample_rate + 0.5).astype(int)
        last = np.floor(self.edges_hz[1:] * FFT / sample_rate + 0.5).astype(int)
        # Low bands are narrower than a bin, and show the nearest one.
        self._ranges = [(a, max(a + 1, b)) for a, b in zip(first.tolist(), last.tolist(), strict=True)]

    def levels_db(self, samples: NDArray[np.float32]) -> list[int]:
        """(FFT,) -> dB per band as integers, at least -100."""
        size = np.abs(np.fft.rfft(samples * self._window)) * self._scale
        peaks = np.array([size[a:b].max() for a, b in self._ranges])
        return [int(v) for v in np.round(20.0 * np.log10(np.maximum(peaks, 10.0 ** (FLOOR_DB / 20.0))))]


class Eyes:
    """All of this data for one track."""

    def __init__(self, engine: Engine, track: Track) -> None:
        # Imports compiled loops, which takes a second: create one before the audio starts.
        from ddsp_fx.analysis.features import FeatureStream

        self._engine, self._track = engine, track
        self.spectrum = Spectrum(track.sample_rate)
        self._features = FeatureStream(track.sample_rate)

    def hello(self) -> dict[str, Any]:
        """The data that stays the same during a connection."""
        return {
            "track": self._track.number,
            "sample_rate_hz": self._track.sample_rate,
            "bands_hz": [round(float(edge), 1) for edge in self.spectrum.edges_hz],
            "floor_db": FLOOR_DB,
        }

    def look(self) -> dict[str, Any]:
        """The current data."""
        track, load = self._track, self._engine.load
        f0_hz, confidence = self._pitch()
        return {
            "position": track.position,
            "in_db": [round(v, 1) for v in track.meter_in.levels_db],
            "out_db": [round(v, 1) for v in track.meter_out.levels_db],
            "spectrum_db": self.spectrum.levels_db(track.scope_out.latest(FFT)),
            "f0_hz": f0_hz,
            "confidence": confidence,
            "latency_samples": track.latency_samples,
            "latency_ms": round(1000.0 * track.latency_samples / track.sample_rate, 1),
            "link_latency_ms": round(1000.0 * track.link_latency_samples / track.sample_rate, 1),
            "load": round(load.mean, 4),
            "peak_load": round(load.peak, 4),
            "xruns": load.xruns,
            "hearing": hearing_lines(track),
            "faults": [f"{slot or 'the board'} is bypassed: {why}" for slot, why in track.faults.items()],
        }

    def _pitch(self) -> tuple[float | None, float]:
        """Pitch in Hz and confidence of the newest voiced frame of the input; pitch None if there is none."""
        self._features.reset()
        features = self._features.process(self._track.scope_in.latest(SCOPE_SAMPLES))
        # The first frames contain silence from before the excerpt.
        if features.f0_hz.size < 3:
            return None, 0.0
        confidence = float(features.confidence[-1])
        return (round(float(features.f0_hz[-1]), 2) if confidence >= 0.5 else None), round(confidence, 3)
