# SPDX-License-Identifier: GPL-3.0-or-later
"""The two stages of a run. They can be stopped at any step, and resume from a checkpoint to the same numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import clips, measured_controls
from ddsp_fx.training.data.passage import Passage, statistics_of
from ddsp_fx.training.loop.batches import Batch, Batches
from ddsp_fx.training.loop.checkpoint import Checkpoint, Progress, save_checkpoint
from ddsp_fx.training.loop.preview import save_losses, save_preview
from ddsp_fx.training.model import build, usual_z

Report = Callable[[Progress, float, float], None]

CHECKPOINT_EVERY_S = 60.0
LOSS_EVERY = 10
RATE_EVERY = 50
FINAL_RATE = 0.05
PREVIEW_SECONDS = 6.0


class Run:
    """One training run.

    Args:
        folder: checkpoints, previews and the loss curve go here.
        config: settings.
        passages: the training set.
        response: the room's impulse response (taps,), [0] for none.
        report: called every ten steps with (progress, loss, finished share of the stage).
        checkpoint: resume from it.
        encoder: an encoder that is already trained, instead of a new one.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a run is made in one place, and each of these is a thing of its own
        self,
        folder: Path,
        config: TrainConfig,
        passages: Sequence[Passage],
        response: Floats,
        report: Report,
        checkpoint: Checkpoint | None = None,
        encoder: Any = None,
    ) -> None:
        self.folder, self.config, self.passages, self.response, self._report = (
            folder,
            config,
            passages,
            response,
            report,
        )
        self.statistics = statistics_of(passages)
        self.decoder = build.build_decoder(config, self.statistics)
        self.encoder = encoder or build.build_encoder(config)
        self.rng = np.random.default_rng(config.seed)
        self.batches = Batches(passages, config, self.rng, listens=self.encoder is not None)
        self.progress = Progress()
        self._optimizer_state: list[Any] = []
        self._saved_at = time.monotonic()
        if checkpoint:
            self._go_on_from(checkpoint)

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        self.progress, self._optimizer_state = checkpoint.progress, checkpoint.optimizer
        self.weights = checkpoint.weights
        self.rng.bit_generator.state = checkpoint.rng_state

    def run(self) -> None:
        """Run all remaining steps. Ctrl-C saves the state first; a diverged state never replaces a good one."""
        try:
            if self.progress.stage == "fit":
                self._fit()
                self._next_stage("audio")
            if self.progress.stage == "audio":
                self._audio()
                if self.config.sizes.n_z:
                    usual_z.bake(self.decoder, self.encoder, self.passages, self.config)
                self._next_stage("done")
        except KeyboardInterrupt:
            self.save()
            raise

    def _next_stage(self, stage: str) -> None:
        self.progress.stage, self.progress.step, self._optimizer_state, self._trained = stage, 0, [], None
        self.save()

    def _fit(self) -> None:
        sizes = {"hop": self.config.hop, "n_harmonics": self.config.n_harmonics, "n_bands": self.config.n_bands}
        targets = [measured_controls.targets(t, sample_rate=self.config.sample_rate, **sizes) for t in self.passages]
        self._trained = build.compile_fit(self.decoder, None if self.config.learns_pitch else self.encoder)
        self._restore_optimizer()
        while self.progress.step < self.config.fit_steps:
            self._step(self.batches.fit(targets), self.progress.step / self.config.fit_steps)

    def _audio(self) -> None:
        self._trained = build.compile_autoencoder(self.decoder, self.response, self.config, self.encoder)
        self._restore_optimizer()
        while (share := self._audio_share()) < 1.0:
            if self.progress.step % RATE_EVERY == 0:
                decay = FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * share))
                self._trained.optimizer.learning_rate.assign(self.config.learning_rate * decay)
            self._step(self.batches.audio(), share)
            if self.progress.step % self.config.preview_every == 0:
                self.preview()

    def _audio_share(self) -> float:
        by_steps = self.progress.step / self.config.steps
        by_time = self.progress.seconds / (60.0 * self.config.minutes) if self.config.minutes else 0.0
        return max(by_steps, by_time)

    _trained: Any = None

    def _step(self, batch: Batch, share: float) -> None:
        started = time.monotonic()
        loss = float(self._trained.train_on_batch(*batch))
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} at {self.progress.stage} step {self.progress.step}; lower learning_rate "
                f"({self.config.learning_rate:g}) in the recipe and start again"
            )
        self.progress.step += 1
        self.progress.seconds += time.monotonic() - started
        if self.progress.step % LOSS_EVERY == 0:
            self.progress.losses.append((self.progress.stage, self.progress.step, loss))
            self._report(self.progress, loss, share)
        if time.monotonic() - self._saved_at > CHECKPOINT_EVERY_S:
            self.save()

    def _restore_optimizer(self) -> None:
        if self._optimizer_state:
            for variable, value in zip(self._trained.optimizer.variables, self._optimizer_state, strict=True):
                variable.assign(value)

    def save(self) -> None:
        """Write the checkpoint and the loss curve."""
        optimizer = [np.asarray(v) for v in self._trained.optimizer.variables] if self._trained else []
        rng_state = dict(self.rng.bit_generator.state)
        save_checkpoint(self.folder, Checkpoint(self.config, self.progress, self.weights, optimizer, rng_state))
        save_losses(self.folder, self.progress)
        self._saved_at = time.monotonic()

    @property
    def weights(self) -> list[Any]:
        """The decoder's weights, then the encoder's."""
        return [*self.decoder.get_weights(), *(self.encoder.get_weights() if self.encoder else [])]

    @weights.setter
    def weights(self, weights: list[Any]) -> None:
        split = len(self.decoder.weights)
        self.decoder.set_weights(weights[:split])
        if self.encoder:
            self.encoder.set_weights(weights[split:])

    def resynthesise(self, passage: Passage, seed: int = 0, *, as_played: bool = False) -> dict[str, Floats]:
        """Run a passage through the model, without the encoder if `as_played`: `dry` and `wet`, (samples,) each."""
        shape = clips.ClipShape(passage.frames, self.config.hop, self.config.sample_rate, self.config.n_harmonics)
        inputs = clips.synth_inputs([passage], shape, np.random.default_rng(seed))
        encoder = None if as_played else self.encoder
        autoencoder = build.compile_autoencoder(self.decoder, self.response, self.config, encoder)
        if encoder is not None:
            inputs["audio"] = passage.audio[np.newaxis, : (passage.frames - 1) * self.config.hop]
        return {"dry": np.asarray(autoencoder.dry(inputs))[0], "wet": np.asarray(autoencoder(inputs))[0]}

    def preview(self) -> None:
        """Write the loudest seconds of the first recording: recording, resynthesis, and the same without the room."""
        hop = self.config.hop
        frames = min(round(PREVIEW_SECONDS * self.config.frame_rate), self.passages[0].frames - 1)
        loudness = np.convolve(self.passages[0].level_db, np.ones(frames), mode="valid")
        start = int(np.argmax(loudness))
        part = self.passages[0].cut(start, start + frames, hop)
        sounds = self.resynthesise(part)
        shown = {"recording": part.audio, "resynthesis": sounds["wet"], "without the room": sounds["dry"]}
        save_preview(self.folder / "previews", self.progress.step, shown, self.config.sample_rate)
