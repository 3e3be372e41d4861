# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx train`: trains a bundle of three effects from recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.analysis.resynthesis_figures import compare
from ddsp_fx.array_types import Floats
from ddsp_fx.errors import TrainingError
from ddsp_fx.training import run_folder as run_folders
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import untracked, varispeed
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.training_set import TrainingSet, prepare
from ddsp_fx.training.export.bundle_writer import FinishedRun, write_bundle
from ddsp_fx.training.export.placement import Placement
from ddsp_fx.training.loop import warm_up
from ddsp_fx.training.loop.checkpoint import Checkpoint, load_checkpoint
from ddsp_fx.training.loop.stages import LOSS_EVERY, Report, Run
from ddsp_fx.training.model.pitch_encoder import track_pitch
from ddsp_fx.training.room.response import room_response


def train(  # noqa: PLR0913, PLR0917 - the command's options, one to one
    recordings: Path,
    bundle: Path,
    run_folder: Path,
    config: TrainConfig,
    resume: bool = False,
    report: Report = lambda *_: None,
    note: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train (or continue training) and write the bundle; returns its folder.

    Raises TrainingError for unusable recordings, settings or checkpoints and, before any work, for a bundle or run
    folder that contains something else. On Ctrl-C the state is saved and KeyboardInterrupt is raised again.
    """
    checkpoint = _last_checkpoint(run_folder) if resume else None
    if checkpoint:
        config = _resumed(checkpoint, config)
    place = Placement(bundle, run_folder)
    with run_folders.opened(run_folder, resume), place.held():
        return _train(recordings, place, run_folder, config, checkpoint, resume, report, note)


def _train(  # noqa: PLR0913, PLR0917 - `train`, with its folders held
    recordings: Path,
    place: Placement,
    run_folder: Path,
    config: TrainConfig,
    checkpoint: Checkpoint | None,
    resume: bool,
    report: Report,
    note: Callable[[str], None],
) -> Path:
    data = prepare(recordings, config, run_folder / "cache", note)
    for text in [*data.warnings, *(f"{v.name}: {w}" for v in data.verdicts for w in v.warnings)]:
        note(f"warning: {text}")
    encoder = _listen(data, run_folder, config, report, resume) if config.learns_pitch else None
    note("estimating the room")
    response = _room_or_none(data.passages, config, note)
    if config.varispeed_semitones:
        note("analysing faster and slower copies")
        data.passages += varispeed.copies(data.passages, config, run_folder / "cache")
    begun = checkpoint if checkpoint and checkpoint.progress.stage != warm_up.STAGE else None
    run = Run(run_folder, config, data.passages, response, report, begun, encoder)
    run.run()
    note("exporting")
    return write_bundle(finished(run, data), place)


def _room_or_none(passages: list[Passage], config: TrainConfig, note: Callable[[str], None]) -> Floats:
    try:
        return room_response(passages, config)
    except TrainingError as error:
        note(f"warning: {error}. Continuing without a room: the bundle will only contain the instrument")
        return room_response(passages, replace(config, room=False))


def _last_checkpoint(run_folder: Path) -> Checkpoint:
    """The state of the run or, before its first checkpoint, of its pitch encoder."""
    earlier = run_folder / run_folders.PITCH
    begun = (run_folder / run_folders.CHECKPOINT).is_file() or not (earlier / run_folders.CHECKPOINT).is_file()
    return load_checkpoint(run_folder if begun else earlier)


def _listen(data: TrainingSet, run_folder: Path, config: TrainConfig, report: Report, resume: bool) -> Any:
    """Train a pitch encoder, set the recordings' pitch with it instead of a tracker, and return it."""
    encoder = warm_up.WarmUp(run_folder, config, report, resume=resume).run()
    data.passages = track_pitch(data.passages, encoder)
    return encoder


def _resumed(checkpoint: Checkpoint, config: TrainConfig) -> TrainConfig:
    """The saved settings, except for the length: a finished run continues if more steps are asked for."""
    settings = replace(checkpoint.config, steps=max(config.steps, checkpoint.config.steps), minutes=config.minutes)
    progress = checkpoint.progress
    done = max((step for stage, step, _ in progress.losses if stage == "audio"), default=0)
    in_time = settings.minutes is None or progress.seconds < 60.0 * settings.minutes
    if progress.stage == "done" and done < settings.steps and in_time:
        progress.stage, progress.step = "audio", done
    return settings


def _held_out_figures(run: Run, held_out: Passage) -> tuple[dict[str, float], dict[str, Floats]]:
    """Figures `heldout_...` and, with an encoder, `autoencoded_...`; and the sounds."""
    ways = {"heldout": True} | ({"autoencoded": False} if run.encoder else {})
    figures: dict[str, float] = {}
    shown = {"recording": held_out.audio}
    for way, as_played in ways.items():
        passage = untracked.tracked(held_out, run.config) if as_played and run.config.learns_pitch else held_out
        sounds = run.resynthesise(passage, as_played=as_played)
        measured = compare(held_out.audio, sounds["wet"], run.config.sample_rate, run.config.tracker)
        figures |= {f"{way}_{name}": value for name, value in measured.items()}
        if as_played:
            shown["resynthesis"] = sounds["wet"]
            if run.response.any():
                shown["without the room"] = sounds["dry"]
    return figures, shown


def finished(run: Run, data: TrainingSet) -> FinishedRun:
    """The contents of the bundle, including held-out figures."""
    figures: dict[str, float | str] = {
        "steps": float(sum(1 for stage, *_ in run.progress.losses if stage == "audio") * LOSS_EVERY),
        "training_minutes": run.progress.seconds / 60,
    }
    audio = [loss for stage, _, loss in run.progress.losses if stage == "audio"]
    figures["final_training_loss"] = float(np.mean(audio[-20:])) if audio else float("nan")
    sounds: dict[str, Floats] = {}
    if data.held_out is not None:
        measured, sounds = _held_out_figures(run, data.held_out)
        figures |= measured
    weights, statistics = run.decoder.get_weights(), run.statistics
    return FinishedRun(run.config, data.passages, weights, statistics, run.response, figures, sounds)
