# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitch, confidence and level of a stream, at the model's frame rate."""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.character import Characters
from ddsp_fx.analysis.framing import Framer
from ddsp_fx.analysis.pitch import VOICED_FROM, PitchTracker
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.analysis.trackers import DEFAULT_TRACKER, open_tracker
from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.decimate import AnalysisDecimator
from ddsp_fx.dsp.loudness import LevelMeter
from ddsp_fx.dsp.sanitize import replace_non_finite
from ddsp_fx.errors import AudioError, ParameterError

LevelKind = Literal["loudness", "power"]

# The f0 before the first voiced frame. Any pitch will do, but 0 Hz is MIDI note 0, which no model was trained on.
FIRST_F0_HZ = 220.0
_OFFLINE_BLOCK_S = 2.0


@dataclass(frozen=True)
class Features:
    """Frames of one sound, each array (frames,) float32.

    Attributes:
        f0_hz: the pitch, never 0; unvoiced frames repeat the last voiced pitch (220 Hz before the first).
        confidence: 0..1, voiced where >= 0.5.
        level_db: A-weighted loudness or RMS power, never below -80 dB.
        character: a `Character` each, int8; empty if not analysed.
    """

    f0_hz: Floats
    confidence: Floats
    level_db: Floats
    character: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))

    def __len__(self) -> int:
        return len(self.f0_hz)

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Where the confidence is >= 0.5."""
        return self.confidence >= VOICED_FROM


_NONE = np.zeros(0, np.float32)


class FeatureStream:
    """Mono blocks of any length at the host's rate in, the features of newly complete frames out.

    Frame k is centred on 16 kHz sample k * hop, that is, host time k * hop * sample_rate / 16000. Before time 0 there
    is silence. Block sizes do not change the features, to the bit.

    Args:
        sample_rate: of the host, in Hz.
        tracker: a name for `open_tracker`, or a PitchTracker of the same hop.
        level: "loudness" (A-weighted) or "power" (RMS).
        hop: 16 kHz samples between frames.
        frame: length of the level's window in 16 kHz samples.

    Attributes:
        look_ahead_samples: in host samples, 33 ms with "mcleod". Frame k has come out once
            ceil(k * hop * sample_rate / 16000) + look_ahead_samples samples are in.

    Raises:
        ParameterError: for an unknown tracker or level, or a tracker of another hop.
        MissingExtraError: if the tracker's package is not installed.
    """

    def __init__(
        self,
        sample_rate: float,
        tracker: str | PitchTracker = DEFAULT_TRACKER,
        level: LevelKind = "loudness",
        hop: int = 320,
        frame: int = 1024,
    ) -> None:
        self.tracker = open_tracker(tracker, hop) if isinstance(tracker, str) else tracker
        if self.tracker.hop != hop:
            raise ParameterError(
                f"FeatureStream: tracker {self.tracker.name!r} has hop {self.tracker.hop}, the stream {hop}; "
                f"open both with the same"
            )
        self._meter = LevelMeter(level, frame, FEATURE_RATE_HZ)
        self._framer = Framer(frame, hop)
        self._listening = Characters(FEATURE_RATE_HZ)
        self._decimator = AnalysisDecimator(sample_rate, FEATURE_RATE_HZ)
        wait = max(self.tracker.look_ahead, self._framer.look_ahead) - 1
        self.look_ahead_samples = math.ceil(wait * sample_rate / FEATURE_RATE_HZ) + self._decimator.look_ahead + 1
        self.reset()

    def reset(self) -> None:
        """Return to time 0."""
        self._decimator.reset()
        self._framer.reset()
        self.tracker.reset()
        self._total_16k = 0
        self._held_f0_hz = np.float32(FIRST_F0_HZ)
        # The tracker and the meter may be ahead of each other: frames of one wait here for the other.
        self._pitches = np.zeros((2, 0), np.float32)
        self._levels = np.zeros(0, np.float32)
        self._characters = np.zeros(0, np.int8)
        self._listening.reset()

    def process(self, mono: Floats) -> Features:
        """Samples (n,) at the host's rate -> the features of the frames they complete. NaN and infinity become silence.

        Raises:
            AudioError: if the block is not one-dimensional.
        """
        if np.ndim(mono) != 1:
            raise AudioError(f"FeatureStream: got a block of shape {np.shape(mono)}, expected mono (samples,)")
        clean, _ = replace_non_finite(np.asarray(mono, np.float32))
        samples = self._decimator.process(clean)
        self._take(samples)
        return self._give()

    def flush(self) -> Features:
        """The remaining frames up to ceil(samples / hop), as if silence followed. Then resets."""
        self._take(self._decimator.flush())
        self._queue(self.tracker.flush(self._total_16k), self._framer.flush(self._total_16k))
        rest = self._give()
        self.reset()
        return rest

    def _take(self, samples_16k: Floats) -> None:
        self._total_16k += samples_16k.size
        self._queue(self.tracker.process(samples_16k), self._framer.process(samples_16k))

    def _queue(self, pitches: tuple[Floats, Floats], frames: Floats) -> None:
        # With small blocks, most calls complete no frame.
        if len(pitches[0]):
            self._pitches = np.concatenate((self._pitches, np.stack(pitches)), axis=1)
        if len(frames):
            self._levels = np.concatenate((self._levels, self._meter.levels(frames)))
            self._characters = np.concatenate((self._characters, self._listening.process(frames)))

    def _give(self) -> Features:
        n = min(self._pitches.shape[1], self._levels.size)
        if not n:
            return Features(_NONE, _NONE, _NONE)
        f0_hz, confidence = self._pitches[:, :n]
        held = self._hold(f0_hz, confidence)
        features = Features(held, confidence.copy(), self._levels[:n], self._characters[:n])
        self._pitches, self._levels = self._pitches[:, n:], self._levels[n:]
        self._characters = self._characters[n:]
        return features

    def _hold(self, f0_hz: Floats, confidence: Floats) -> Floats:
        """Replace the pitch of unvoiced frames by the last voiced pitch."""
        known = np.concatenate([[self._held_f0_hz], f0_hz])
        usable = np.concatenate([[True], (confidence >= VOICED_FROM) & (f0_hz > 0.0)])
        held = known[np.maximum.accumulate(np.where(usable, np.arange(known.size), 0))]
        self._held_f0_hz = held[-1]
        return held[1:]


def extract(  # noqa: PLR0913, PLR0917
    audio: Floats,
    sample_rate: float,
    tracker: str | PitchTracker = DEFAULT_TRACKER,
    level: LevelKind = "loudness",
    hop: int = 320,
    frame: int = 1024,
) -> Features:
    """The features of a whole recording, from a stream that is then flushed.

    Args:
        audio: mono (samples,).
        sample_rate: in Hz.
        tracker, level, hop, frame: as for FeatureStream, which also lists the errors.

    Returns:
        Frames 0..ceil(n / hop), where n is the recording's length at 16 kHz.
    """
    stream = FeatureStream(sample_rate, tracker, level, hop, frame)
    step = max(1, int(_OFFLINE_BLOCK_S * sample_rate))
    parts = [stream.process(audio[start : start + step]) for start in range(0, len(audio), step)]
    parts.append(stream.flush())
    return Features(
        np.concatenate([part.f0_hz for part in parts]),
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.level_db for part in parts]),
        np.concatenate([part.character for part in parts]),
    )
