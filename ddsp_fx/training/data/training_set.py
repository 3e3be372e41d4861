# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a folder of recordings into a training set: analysed, checked, and with a part held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import untracked
from ddsp_fx.training.data.features import analyse, passage_of
from ddsp_fx.training.data.fine_pitch import refine
from ddsp_fx.training.data.passage import Passage, join
from ddsp_fx.training.data.recordings import Recording, Verdict, find_recordings, judge, read_recording, require_enough


@dataclass
class TrainingSet:
    """The recordings of a run, and the warnings about them."""

    passages: list[Passage]
    held_out: Passage | None
    verdicts: list[Verdict]
    warnings: list[str] = field(default_factory=list)


def prepare(recordings: Path, config: TrainConfig, cache: Path, note: Callable[[str], None]) -> TrainingSet:
    """Read, analyse and judge every recording; raises TrainingError if there is nothing to learn from."""
    passages, verdicts = [], []
    for path in find_recordings(recordings):
        note(f"analysing {path.name}")
        recording = read_recording(path, config.sample_rate)
        passage, verdict = _analysed(recording, config, cache)
        verdicts.append(verdict)
        if not verdict.fatal and passage.frames >= config.clip_frames:
            passages.append(passage)
    warnings = require_enough(verdicts)
    if not passages:
        raise TrainingError(f"{recordings}: no recording is as long as a clip of {config.clip_frames} frames")
    return hold_out(TrainingSet(passages, None, verdicts, warnings), config)


def _analysed(recording: Recording, config: TrainConfig, cache: Path) -> tuple[Passage, Verdict]:
    if config.learns_pitch:
        features = untracked.levels(recording, config)
        return passage_of(recording, features, config.hop), judge(recording, features)
    features = analyse(recording, config.tracker, config.level, config.hop, cache)
    passage = refine(passage_of(recording, features, config.hop), hop=config.hop, sample_rate=config.sample_rate)
    return passage, judge(recording, features)


def hold_out(data: TrainingSet, config: TrainConfig) -> TrainingSet:
    """Set aside the audio that is never trained on; raises TrainingError if that would leave nothing."""
    if config.holdout_every:
        return _hold_out_files(data, config)
    frames = round(config.holdout_seconds * config.frame_rate)
    if not frames:
        return data
    last = data.passages[-1]
    if last.frames - frames < config.clip_frames:
        raise TrainingError(
            f"holdout_seconds = {config.holdout_seconds:g} leaves nothing of {last.name} to train on; hold out less"
        )
    cut = last.frames - frames
    data.held_out = last.cut(cut, last.frames, config.hop)
    data.passages[-1] = last.cut(0, cut, config.hop)
    return data


def _hold_out_files(data: TrainingSet, config: TrainConfig) -> TrainingSet:
    every, count = config.holdout_every, len(data.passages)
    kept = [passage for i, passage in enumerate(data.passages) if i % every != every // 2]
    held = [passage for i, passage in enumerate(data.passages) if i % every == every // 2]
    if every < 2 or not held:
        raise TrainingError(f"holdout_every = {every} of {count} recordings: give 2 to {count}")
    return replace(data, passages=kept, held_out=join(held, config.hop))
