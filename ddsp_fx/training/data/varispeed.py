# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of recordings at other speeds: they contain notes that were not recorded, with a shifted timbre."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ddsp_fx.dsp.resample import resample
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.features import analyse, passage_of
from ddsp_fx.training.data.fine_pitch import refine
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.recordings import Recording


def copies(passages: Sequence[Passage], config: TrainConfig, cache: Path) -> list[Passage]:
    """Each passage transposed up and down by `config.varispeed_semitones`, and analysed again; none if that is 0."""
    shifts = (-config.varispeed_semitones, config.varispeed_semitones) if config.varispeed_semitones else ()
    made = [transposed(passage, shift, config, cache) for passage in passages for shift in shifts]
    return [passage for passage in made if passage.frames >= config.clip_frames]


def transposed(passage: Passage, semitones: float, config: TrainConfig, cache: Path) -> Passage:
    """One passage at 2 ** (semitones / 12) times its speed."""
    rate = config.sample_rate
    audio = resample(passage.audio, rate * 2.0 ** (semitones / 12.0), rate)
    recording = Recording(Path(f"{passage.name} {semitones:+g}"), audio, rate, rate)
    features = analyse(recording, config.tracker, config.level, config.hop, cache)
    return refine(passage_of(recording, features, config.hop), hop=config.hop, sample_rate=rate)
