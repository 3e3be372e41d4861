# SPDX-License-Identifier: GPL-3.0-or-later
"""The stream inside timbre transfer and dereverb in Python: audio -> features -> model -> harmonic and noise audio.

It serves what compiled code can't call: other pitch trackers, and models that LiteRT's C library does not run. Tests
compare the compiled stages with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.framing import FRAME
from ddsp_fx.array_types import Mono
from ddsp_fx.dsp.delay import Fifo
from ddsp_fx.dsp.scaling import hz_to_midi
from ddsp_fx.effects.frame_request import FrameRequest
from ddsp_fx.effects.source import Trained
from ddsp_fx.effects.timing import Timing
from ddsp_fx.inference.control_model import ControlModel

if TYPE_CHECKING:
    from ddsp_fx.analysis.pitch import PitchTracker

Conductor = Callable[[float, float, float], FrameRequest]


class Resynthesizer(Timing):
    """Mono blocks in, harmonic and noise blocks of the same length out, `latency_samples` late.

    Args:
        model: the decoder, loaded.
        trained: level kind, hop and rate of the model.
        stream: the host's rate in Hz, and its longest block in samples.
        conductor: maps (f0_hz, confidence, level_db) of one frame to a FrameRequest.
        tracker: the pitch tracker, which runs at the model's hop.
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
        from ddsp_fx.effects.kernels import load_for_python

        load_for_python()
        sample_rate, max_block_size = stream
        self._features = FeatureStream(sample_rate, tracker, trained.level, trained.hop, FRAME)
        super().__init__(model, trained, sample_rate, self._features.look_ahead_samples)
        self._conductor = conductor
        self._synthesizer = HarmonicPlusNoise(self.grid, model.n_harmonics, model.n_bands, ceiling_hz=self.ceiling_hz)
        self._harmonic_numbers = np.arange(1, model.n_harmonics + 1, dtype=np.float64)
        # Starts filled with the latency. Each block adds at most as many samples as it has, in whole segments.
        self._queue = Fifo(2, self.latency_samples + max_block_size + self.grid.longest)
        self._prime()

    def reset(self) -> None:
        """Return to silence and frame 0."""
        super().reset()
        self._features.reset()
        self._synthesizer.reset()
        self._prime()

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
        controls = self.model.step(float(hz_to_midi(request.f0_hz)), request.level_db)
        # The reference zeroes harmonics above the ceiling before it normalises (DESIGN 8).
        audible = self._harmonic_numbers * max(request.f0_hz, self.lowest_hz) < self.ceiling_hz
        distribution = np.maximum(controls.harmonic_distribution, 0.0) * audible
        total = float(distribution.sum())
        gain = controls.amplitude * request.harmonic_gain / total if total > 1e-12 else 0.0
        sounding_hz = request.f0_hz if gain > 0.0 else 0.0
        noise = np.maximum(controls.noise_magnitudes, 0.0) * request.noise_gain
        return self._synthesizer.push(sounding_hz, distribution * gain, noise)
