# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a run on disk: complete enough to resume exactly, and replaced atomically."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.arrays import save_arrays
from ddsp_fx.training.config import TrainConfig, make_config
from ddsp_fx.training.run_folder import CHECKPOINT

STAGES = ("fit", "audio", "done")
# Increase it when the saved state changes, such as renamed settings or another order of weights.
LAYOUT = 2


@dataclass
class Progress:
    """The progress of a run; `losses` are (stage, step, loss), once per ten steps."""

    stage: str = "fit"
    step: int = 0
    seconds: float = 0.0
    losses: list[tuple[str, int, float]] = field(default_factory=list)


@dataclass
class Checkpoint:
    """A saved run: weights and optimizer state as arrays, the random generator as plain data."""

    config: TrainConfig
    progress: Progress
    weights: list[Any]
    optimizer: list[Any]
    rng_state: dict[str, Any]


def save_checkpoint(folder: Path, state: Checkpoint) -> None:
    """Replace the checkpoint in `folder`; the old one stays intact until the new one is complete."""
    facts = {
        "layout": LAYOUT,
        "config": state.config.as_dict(),
        "progress": vars(state.progress),
        "rng": state.rng_state,
    }
    arrays = {f"weight_{i}": np.asarray(w) for i, w in enumerate(state.weights)}
    arrays |= {f"optimizer_{i}": np.asarray(w) for i, w in enumerate(state.optimizer)}
    save_arrays(folder / CHECKPOINT, facts=np.array(json.dumps(facts)), **arrays)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Raises TrainingError if there is none or it cannot be read."""
    path = folder / CHECKPOINT
    if not path.is_file():
        raise TrainingError(f"{path}: nothing to resume; start without --resume")
    try:
        with np.load(path) as data:
            arrays = dict(data)
        facts = json.loads(str(arrays["facts"]))
        _require_layout(path, facts)
        progress = Progress(**facts["progress"])
        progress.losses = [(str(stage), int(step), float(loss)) for stage, step, loss in progress.losses]
        config = make_config(facts["config"], str(path))
        return Checkpoint(config, progress, _numbered(arrays, "weight"), _numbered(arrays, "optimizer"), facts["rng"])
    except TrainingError:
        raise
    # zipfile, numpy and json raise a dozen kinds for damaged bytes.
    except Exception as error:
        raise TrainingError(
            f"{path}: damaged checkpoint ({error}); start without --resume, in another --run-dir"
        ) from None


def _require_layout(path: Path, facts: dict[str, Any]) -> None:
    found = facts.get("layout", 1)
    if found != LAYOUT:
        raise TrainingError(
            f"{path}: another version of ddsp-fx began this run (layout {found}, this one: {LAYOUT}); continue with "
            "that version, or start again without --resume, in another --run-dir"
        )


def _numbered(arrays: dict[str, Any], prefix: str) -> list[Any]:
    count = sum(1 for name in arrays if name.startswith(f"{prefix}_"))
    return [arrays[f"{prefix}_{i}"] for i in range(count)]
