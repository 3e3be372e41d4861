# SPDX-License-Identifier: GPL-3.0-or-later
"""The first stage of an unsupervised run, in which the pitch encoder learns from the synthesizer.

It has its own checkpoint, in the run folder's `pitch/`, which is kept: every resumed run analyses the recordings with
the encoder as it was after this stage, even if the audio stage has changed it since.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import random_sounds
from ddsp_fx.training.loop.checkpoint import Checkpoint, Progress, load_checkpoint, save_checkpoint
from ddsp_fx.training.loop.stages import CHECKPOINT_EVERY_S, FINAL_RATE, LOSS_EVERY, Report
from ddsp_fx.training.model import lessons
from ddsp_fx.training.model.build import build_encoder
from ddsp_fx.training.run_folder import CHECKPOINT, PITCH

STAGE = "pitch"
CLIPS = 8
LEARNING_RATE = 1e-3
GRADIENT_NORM = 3.0


class WarmUp:
    """Trains one encoder.

    Args:
        run_folder: of the run; this stage's checkpoint goes to `pitch/` in it.
        config: settings.
        report: called every ten steps with (progress, loss, finished share of the stage).
        resume: continue from the checkpoint, if there is one.
    """

    def __init__(self, run_folder: Path, config: TrainConfig, report: Report, *, resume: bool) -> None:
        keras.utils.set_random_seed(config.seed)
        self.folder, self.config, self._report = run_folder / PITCH, config, report
        self.listener = build_encoder(config)
        self.rng = np.random.default_rng(config.seed)
        self.progress = Progress(STAGE)
        self._trained = _compiled(self.listener, config.hop)
        self._saved_at = time.monotonic()
        if resume and (self.folder / CHECKPOINT).is_file():
            self._restore(load_checkpoint(self.folder))

    def run(self) -> Any:
        """Train to the end and return the encoder. Ctrl-C saves the state first."""
        try:
            while self.progress.step < self.config.warm_up_steps:
                self._step()
        except KeyboardInterrupt:
            self.save()
            raise
        self.save()
        return self.listener

    def _step(self) -> None:
        share = self.progress.step / self.config.warm_up_steps
        decay = FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * share))
        self._trained.optimizer.learning_rate.assign(LEARNING_RATE * decay)
        shape = random_sounds.sounds_like(self.config, CLIPS)
        started = time.monotonic()
        loss = float(self._trained.train_on_batch(*random_sounds.lesson(shape, self.rng)))
        if not math.isfinite(loss):
            raise TrainingError(
                f"the pitch encoder's loss became {loss} at step {self.progress.step}; try another seed"
            )
        self.progress.step += 1
        self.progress.seconds += time.monotonic() - started
        if self.progress.step % LOSS_EVERY == 0:
            self.progress.losses.append((STAGE, self.progress.step, loss))
            self._report(self.progress, loss, share)
        if time.monotonic() - self._saved_at > CHECKPOINT_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write the checkpoint."""
        optimizer = [np.asarray(v) for v in self._trained.optimizer.variables]
        rng_state = dict(self.rng.bit_generator.state)
        state = Checkpoint(self.config, self.progress, self.listener.get_weights(), optimizer, rng_state)
        save_checkpoint(self.folder, state)
        self._saved_at = time.monotonic()

    def _restore(self, state: Checkpoint) -> None:
        self.progress = state.progress
        self.listener.set_weights(state.weights)
        for variable, value in zip(self._trained.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        self.rng.bit_generator.state = state.rng_state


def _compiled(listener: Any, hop: int) -> Any:
    taught = lessons.Lesson(listener, hop)
    optimizer = keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=GRADIENT_NORM)
    optimizer.build(taught.trainable_variables)
    taught.built = True
    taught.compile(optimizer=optimizer, jit_compile=True)
    return taught
