# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx train`: recordings to a bundle of three effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_fx.errors import TrainingError
from ddsp_fx.training import evaluate, self_supervision, untracked, varispeed, warm_up
from ddsp_fx.training import run_folder as run_folders
from ddsp_fx.training.bundle_writer import Trained, write_bundle
from ddsp_fx.training.checkpoint import FILE_NAME, Checkpoint, load_checkpoint
from ddsp_fx.training.config import FEATURE_RATE, TrainConfig
from ddsp_fx.training.features import Track, analyse, join, track_of
from ddsp_fx.training.fine_pitch import refine
from ddsp_fx.training.loop import LOSS_EVERY, Report, Run
from ddsp_fx.training.placement import Placement
from ddsp_fx.training.recordings import Recording, Verdict, find_recordings, judge, read_recording, require_enough

Array = npt.NDArray[np.float32]


@dataclass
class TrainingSet:
    """The recordings of a run, and what was found wrong with them."""

    tracks: list[Track]
    held_out: Track | None
    verdicts: list[Verdict]
    warnings: list[str] = field(default_factory=list)


def prepare(recordings: Path, config: TrainConfig, cache: Path, note: Callable[[str], None]) -> TrainingSet:
    """Read, analyse and judge every recording; raises TrainingError when there is nothing to learn from."""
    tracks, verdicts = [], []
    for path in find_recordings(recordings):
        note(f"analysing {path.name}")
        recording = read_recording(path, config.sample_rate)
        track, verdict = _analysed(recording, config, cache)
        verdicts.append(verdict)
        if not verdict.fatal and track.frames >= config.clip_frames:
            tracks.append(track)
    warnings = require_enough(verdicts)
    if not tracks:
        raise TrainingError(f"{recordings}: no recording is as long as a clip of {config.clip_frames} frames")
    return _hold_out(TrainingSet(tracks, None, verdicts, warnings), config)


def _analysed(recording: Recording, config: TrainConfig, cache: Path) -> tuple[Track, Verdict]:
    if config.encoder == "unsupervised":
        features = untracked.levels(recording, config)
        return track_of(recording, features, config.hop), judge(recording, features)
    features = analyse(recording, config.tracker, config.level, config.hop, cache)
    track = refine(track_of(recording, features, config.hop), hop=config.hop, sample_rate=config.sample_rate)
    return track, judge(recording, features)


def _hold_out(data: TrainingSet, config: TrainConfig) -> TrainingSet:
    if config.holdout_every:
        return _hold_out_files(data, config)
    frames = round(config.holdout_seconds * config.frame_rate)
    if not frames:
        return data
    last = data.tracks[-1]
    if last.frames - frames < config.clip_frames:
        raise TrainingError(
            f"holdout_seconds = {config.holdout_seconds:g} leaves nothing of {last.name} to train on; hold out less"
        )
    cut = last.frames - frames
    data.held_out = last.cut(cut, last.frames, config.hop)
    data.tracks[-1] = last.cut(0, cut, config.hop)
    return data


def _hold_out_files(data: TrainingSet, config: TrainConfig) -> TrainingSet:
    every = config.holdout_every
    kept = [track for i, track in enumerate(data.tracks) if i % every != every // 2]
    held = [track for i, track in enumerate(data.tracks) if i % every == every // 2]
    if every < 2 or not held:
        raise TrainingError(f"holdout_every = {every} of {len(data.tracks)} recordings: give 2 to {len(data.tracks)}")
    return replace(data, tracks=kept, held_out=join(held, config.hop))


def train(  # noqa: PLR0913, PLR0917 - the command's options, one to one
    recordings: Path,
    bundle: Path,
    run_folder: Path,
    config: TrainConfig,
    resume: bool = False,
    report: Report = lambda *_: None,
    note: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train (or go on training) and write the bundle; returns its folder.

    Raises TrainingError for recordings, settings or checkpoints that cannot be used, and, before any work, for a bundle
    or run folder that holds something else. On Ctrl-C the state is saved and KeyboardInterrupt goes on up.
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
    encoder = _listen(data, run_folder, config, report, resume) if config.encoder == "unsupervised" else None
    note("estimating the room")
    response = _room_or_none(data.tracks, config, note)
    if config.varispeed_semitones:
        note("analysing faster and slower copies")
        data.tracks += varispeed.copies(data.tracks, config, run_folder / "cache")
    begun = checkpoint if checkpoint and checkpoint.progress.stage != warm_up.STAGE else None
    run = Run(run_folder, config, data.tracks, response, report, begun, encoder)
    run.run()
    note("exporting")
    return write_bundle(finished(run, data), place)


def _room_or_none(tracks: list[Track], config: TrainConfig, note: Callable[[str], None]) -> Array:
    try:
        return room_response(tracks, config)
    except TrainingError as error:
        note(f"warning: {error}. Going on without a room: the bundle will hold the instrument alone")
        return room_response(tracks, replace(config, room=False))


def _last_checkpoint(run_folder: Path) -> Checkpoint:
    """Where the run stands, or, before it has begun, its pitch encoder."""
    earlier = run_folder / warm_up.FOLDER
    begun = (run_folder / FILE_NAME).is_file() or not (earlier / FILE_NAME).is_file()
    return load_checkpoint(run_folder if begun else earlier)


def _listen(data: TrainingSet, run_folder: Path, config: TrainConfig, report: Report, resume: bool) -> Any:
    """Teach a pitch encoder, let it hear the recordings in a tracker's place, and return it."""
    encoder = warm_up.WarmUp(run_folder, config, report, resume=resume).run()
    data.tracks = self_supervision.heard(data.tracks, encoder)
    return encoder


def _resumed(checkpoint: Checkpoint, config: TrainConfig) -> TrainConfig:
    """The saved settings win, but for how long to go on; a finished run goes on where more was asked for."""
    settings = replace(checkpoint.config, steps=max(config.steps, checkpoint.config.steps), minutes=config.minutes)
    progress = checkpoint.progress
    done = max((step for stage, step, _ in progress.losses if stage == "audio"), default=0)
    in_time = settings.minutes is None or progress.seconds < 60.0 * settings.minutes
    if progress.stage == "done" and done < settings.steps and in_time:
        progress.stage, progress.step = "audio", done
    return settings


def room_response(tracks: list[Track], config: TrainConfig) -> Array:
    """The room as taps (length,), all zero if the settings ask for none."""
    length = round(config.room_seconds * config.sample_rate)
    if not config.room:
        return np.zeros(length, np.float32)
    from ddsp_fx.training.blind_room import estimate_room

    heard = [_as_the_room_is_heard(track, config) for track in tracks]
    return estimate_room(heard).render(length, config.sample_rate, config.seed)


def _as_the_room_is_heard(track: Track, config: TrainConfig) -> Track:
    """16 kHz and 50 frames a second: what the estimate's windows and thresholds were measured at."""
    from ddsp_fx.dsp.resample import resample

    audio = track.audio
    if config.sample_rate != FEATURE_RATE:
        audio = resample(audio, config.sample_rate, FEATURE_RATE)
    step = max(1, config.frame_rate // 50)
    return Track(track.name, audio, track.f0_hz[::step], track.confidence[::step], track.level_db[::step])


def _held_out_figures(run: Run, held_out: Track) -> tuple[dict[str, float], dict[str, Array]]:
    """How near the bundle comes, `heldout_...`; with an encoder that listens in, `autoencoded_...`; and the sounds."""
    ways = {"heldout": True} | ({"autoencoded": False} if run.encoder else {})
    figures: dict[str, float] = {}
    shown = {"recording": held_out.audio}
    for way, as_played in ways.items():
        track = (
            untracked.tracked(held_out, run.config) if as_played and run.config.encoder == "unsupervised" else held_out
        )
        sounds = run.resynthesise(track, as_played=as_played)
        measured = evaluate.compare(held_out.audio, sounds["wet"], run.config.sample_rate, run.config.tracker)
        figures |= {f"{way}_{name}": value for name, value in measured.items()}
        if as_played:
            shown["resynthesis"] = sounds["wet"]
            if run.response.any():
                shown["without the room"] = sounds["dry"]
    return figures, shown


def finished(run: Run, data: TrainingSet) -> Trained:
    """What the bundle is written from, held-out figures included."""
    figures: dict[str, float | str] = {
        "steps": float(sum(1 for stage, *_ in run.progress.losses if stage == "audio") * LOSS_EVERY),
        "training_minutes": run.progress.seconds / 60,
    }
    audio = [loss for stage, _, loss in run.progress.losses if stage == "audio"]
    figures["final_training_loss"] = float(np.mean(audio[-20:])) if audio else float("nan")
    sounds: dict[str, Array] = {}
    if data.held_out is not None:
        measured, sounds = _held_out_figures(run, data.held_out)
        figures |= measured
    weights, statistics = run.decoder.get_weights(), run.statistics.as_tuple()
    return Trained(run.config, data.tracks, weights, statistics, run.response, figures, sounds)
