# SPDX-License-Identifier: GPL-3.0-or-later
"""The stream inside timbre transfer and dereverb: audio -> features -> model -> harmonic and noise audio."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.array_types import Mono
from ddsp_fx.dsp.delay import Fifo
from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.dsp.scaling import hz_to_midi
from ddsp_fx.effects.frame_request import FrameRequest
from ddsp_fx.effects.hearing import HearingMeter
from ddsp_fx.effects.source import Trained
from ddsp_fx.inference.control_model import ControlModel

if TYPE_CHECKING:
    from ddsp_fx.analysis.pitch import PitchTracker

FRAME = 1024
RECENT_S = 10.0


Conductor = Callable[[float, float, float], FrameRequest]


class Resynthesizer:
    """Mono blocks in, harmonic and noise blocks of the same length out, `latency_samples` late.

    Args:
        model: the decoder, loaded.
        trained: level kind, hop and rate of the model.
        stream: the host's rate in Hz, and its longest block in samples.
        conductor: maps (f0_hz, confidence, level_db) of one frame to a FrameRequest.
        tracker: name of the pitch tracker, which runs at the model's hop.
    """

    def __init__(
        self,
        model: ControlModel,
        trained: Trained,
        stream: tuple[float, int],
        conductor: Conductor,
        tracker: PitchTracker,
    ) -> None:
        # Both import numba, which takes longer to import than everything else together.
        from ddsp_fx.analysis.features import FeatureStream
        from ddsp_fx.dsp.synthesizer import HarmonicPlusNoise

        self._model, self._conductor = model, conductor
        sample_rate, max_block_size = stream
        # The same frame times on the synthesis clock. Its rate also limits the noise bands.
        self.grid = FrameGrid(sample_rate, trained.hop * trained.sample_rate // FEATURE_RATE_HZ, trained.sample_rate)
        self._features = FeatureStream(sample_rate, tracker, trained.level, trained.hop, FRAME)
        self._ceiling_hz = trained.sample_rate / 2.0
        self._synthesizer = HarmonicPlusNoise(self.grid, model.n_harmonics, model.n_bands, ceiling_hz=self._ceiling_hz)
        # Harmonics above the ceiling for the lowest trained note were zeroed in training too, so their amplitudes are
        # untrained: a flute's 110th can be as loud as its first. A lower note would bring them below the ceiling. The
        # minimum in ddsp-vst's metadata is a mean of minima, so those models keep all harmonics.
        self._lowest_hz = 0.0 if model.is_ddsp_vst else trained.f0_min_hz
        self._harmonic_numbers = np.arange(1, model.n_harmonics + 1, dtype=np.float64)
        self.look_ahead_samples = self._features.look_ahead_samples
        self.latency_samples = self.look_ahead_samples + self.grid.longest
        # Input affects a frame as soon as its window touches it: half a frame, then the hop to the next frame.
        reach = (FRAME // 2 + 2 * trained.hop) * sample_rate / FEATURE_RATE_HZ
        noise_filter = model.n_bands * sample_rate / trained.sample_rate
        self.tail_samples = int(np.ceil(reach + noise_filter))
        # Starts filled with the latency. Each block adds at most as many samples as it has, in whole segments.
        self._queue = Fifo(2, self.latency_samples + max_block_size + self.grid.longest)
        self._prime()
        # One listener since the last reset, one for the last ten seconds of a live stream.
        self.listeners = HearingMeter(trained.frame_s), HearingMeter(trained.frame_s, forget_s=RECENT_S)

    def reset(self) -> None:
        """Return to silence and frame 0."""
        self._features.reset()
        self._synthesizer.reset()
        self._model.reset()
        self._prime()
        for listener in self.listeners:
            listener.reset()

    def _prime(self) -> None:
        self._queue.clear()
        self._queue.write(np.zeros((2, self.latency_samples), np.float32))

    def process(self, mono: Mono) -> NDArray[np.float32]:
        """(n,) -> (2, n): harmonic and noise."""
        features = self._features.process(mono)
        columns = (features.f0_hz, features.confidence, features.level_db, features.character)
        for f0_hz, confidence, level_db, character in zip(*(column.tolist() for column in columns), strict=True):
            request = self._conductor(f0_hz, confidence, level_db)
            for listener in self.listeners:
                listener.add(request, level_db, character)
            self._queue.write(np.stack(self._render(request)))
        return self._queue.read(mono.shape[0])

    def _render(self, request: FrameRequest) -> tuple[Mono, Mono]:
        controls = self._model.step(float(hz_to_midi(request.f0_hz)), request.level_db)
        # The reference zeroes harmonics above the ceiling before it normalises (DESIGN 8).
        audible = self._harmonic_numbers * max(request.f0_hz, self._lowest_hz) < self._ceiling_hz
        distribution = np.maximum(controls.harmonic_distribution, 0.0) * audible
        total = float(distribution.sum())
        gain = controls.amplitude * request.harmonic_gain / total if total > 1e-12 else 0.0
        sounding_hz = request.f0_hz if gain > 0.0 else 0.0
        noise = np.maximum(controls.noise_magnitudes, 0.0) * request.noise_gain
        return self._synthesizer.push(sounding_hz, distribution * gain, noise)
