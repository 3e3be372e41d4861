# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings played faster and slower: notes that the instrument was never recorded at, with its sound moved along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ddsp_fx.dsp.resample import resample
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.features import Track, analyse, track_of
from ddsp_fx.training.fine_pitch import refine
from ddsp_fx.training.recordings import Recording


def copies(tracks: Sequence[Track], config: TrainConfig, cache: Path) -> list[Track]:
    """Each track `config.varispeed_semitones` lower and as much higher, analysed anew; none where that is 0."""
    shifts = (-config.varispeed_semitones, config.varispeed_semitones) if config.varispeed_semitones else ()
    made = [transposed(track, shift, config, cache) for track in tracks for shift in shifts]
    return [track for track in made if track.frames >= config.clip_frames]


def transposed(track: Track, semitones: float, config: TrainConfig, cache: Path) -> Track:
    """One track at 2 ** (semitones / 12) times its speed."""
    rate = config.sample_rate
    audio = resample(track.audio, rate * 2.0 ** (semitones / 12.0), rate)
    recording = Recording(Path(f"{track.name} {semitones:+g}"), audio, rate, rate)
    features = analyse(recording, config.tracker, config.level, config.hop, cache)
    return refine(track_of(recording, features, config.hop), hop=config.hop, sample_rate=rate)
