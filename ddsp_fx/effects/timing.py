# SPDX-License-Identifier: GPL-3.0-or-later
"""When an instrument sounds: the exact latency and tail that follow from frames, tracker and model."""

from __future__ import annotations

import numpy as np

from ddsp_fx.analysis.framing import FRAME
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.dsp.frames import FrameGrid
from ddsp_fx.effects.hearing import HearingMeter
from ddsp_fx.effects.source import Trained
from ddsp_fx.inference.control_model import ControlModel

RECENT_S = 10.0


class Timing:
    """What the compiled and the Python form of an instrument share.

    Args:
        model: the decoder, loaded.
        trained: level kind, hop and rate of the model.
        sample_rate: the host's, in Hz.
        look_ahead_samples: of the features, at the host's rate.

    Attributes:
        grid: the frame times on the synthesis clock.
        latency_samples: the look-ahead and one hop.
        tail_samples: until the synthesizer is silent after the gate has closed.
        ceiling_hz: harmonics from here on are silent.
        lowest_hz: harmonics that this pitch would have above the ceiling are silent too.
        listeners: one since the last reset, one for the last ten seconds of a live stream.
    """

    def __init__(self, model: ControlModel, trained: Trained, sample_rate: float, look_ahead_samples: int) -> None:
        self.model, self.runtime = model, model.runner.runtime
        # The model's rate also limits the noise bands.
        self.grid = FrameGrid(sample_rate, trained.hop * trained.sample_rate // FEATURE_RATE_HZ, trained.sample_rate)
        self.look_ahead_samples = look_ahead_samples
        self.latency_samples = look_ahead_samples + self.grid.longest
        # Input affects a frame as soon as its window touches it: half a frame, then the hop to the next frame.
        reach = (FRAME // 2 + 2 * trained.hop) * sample_rate / FEATURE_RATE_HZ
        noise_filter = model.n_bands * sample_rate / trained.sample_rate
        self.tail_samples = int(np.ceil(reach + noise_filter))
        self.ceiling_hz = trained.sample_rate / 2.0
        # Harmonics above the ceiling for the lowest trained note were zeroed in training too, so their amplitudes are
        # untrained: a flute's 110th can be as loud as its first. A lower note would bring them below the ceiling. The
        # minimum in ddsp-vst's metadata is a mean of minima, so those models keep all harmonics.
        self.lowest_hz = 0.0 if model.is_ddsp_vst else trained.f0_min_hz
        self.listeners = HearingMeter(trained.frame_s), HearingMeter(trained.frame_s, forget_s=RECENT_S)

    def reset(self) -> None:
        """Return to silence and frame 0."""
        self.model.reset()
        for listener in self.listeners:
            listener.reset()
