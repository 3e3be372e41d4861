# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of an older version, or with parts that are missing, is refused with a reason."""

import json
from pathlib import Path

import numpy as np
import pytest

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.loop.checkpoint import Checkpoint, Progress, load_checkpoint, save_checkpoint

STATE = Checkpoint(TrainConfig("x", encoder={"name": "z", "size": 4}), Progress("audio", 7), [np.ones(3)], [], {})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, STATE)
    loaded = load_checkpoint(tmp_path)
    assert (loaded.config, loaded.progress.step) == (STATE.config, 7)
    assert np.array_equal(loaded.weights[0], np.ones(3))


def test_a_run_of_another_version_is_refused(tmp_path: Path) -> None:
    facts = {"config": {"name": "x", "preset": "tiny"}, "progress": {}, "rng": {}}
    np.savez(tmp_path / "checkpoint.npz", facts=np.array(json.dumps(facts)))
    with pytest.raises(TrainingError, match=r"checkpoint\.npz: another version of ddsp-fx began this run .* again"):
        load_checkpoint(tmp_path)


def test_a_part_that_is_gone_is_named(tmp_path: Path) -> None:
    state = Checkpoint(TrainConfig("x", decoder="theirs"), Progress(), [], [], {})
    save_checkpoint(tmp_path, state)
    with pytest.raises(TrainingError, match=r"checkpoint\.npz: no decoder is called 'theirs'; installed: "):
        load_checkpoint(tmp_path)
