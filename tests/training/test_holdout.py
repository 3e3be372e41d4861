# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings that are held out: the end of the last one, or every Nth file."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage, join
from ddsp_fx.training.data.training_set import TrainingSet, hold_out

HOP = 320


def _track(number: int, frames: int = 300) -> Passage:
    audio = np.full(frames * HOP + 7, number, np.float32)  # a recording does not end on a frame
    feature = np.full(frames, number, np.float32)
    return Passage(f"{number}.wav", audio, feature, feature, feature)


def test_every_nth_file_is_held_out_whole() -> None:
    data = hold_out(TrainingSet([_track(i) for i in range(9)], None, []), TrainConfig("x", holdout_every=4))
    assert [passage.name for passage in data.passages] == [f"{i}.wav" for i in (0, 1, 3, 4, 5, 7, 8)]
    assert data.held_out is not None
    assert data.held_out.name == "2.wav, 6.wav"
    assert set(np.unique(data.held_out.audio)) == {2.0, 6.0}


def test_joined_tracks_stay_in_step_with_their_features() -> None:
    joined = join([_track(1), _track(2), _track(3)], HOP)
    assert len(joined.audio) == joined.frames * HOP
    assert np.array_equal(joined.audio[::HOP], joined.f0_hz)


@pytest.mark.parametrize("every", [1, 40])
def test_holding_out_all_or_none_is_refused(every: int) -> None:
    with pytest.raises(TrainingError, match="holdout_every"):
        hold_out(TrainingSet([_track(i) for i in range(5)], None, []), TrainConfig("x", holdout_every=every))


def test_the_end_of_the_last_recording_is_held_out() -> None:
    config = TrainConfig("x", frame_rate=50, holdout_seconds=2.0)
    data = hold_out(TrainingSet([_track(0), _track(1)], None, []), config)
    assert data.held_out is not None
    assert (data.passages[-1].frames, data.held_out.frames) == (200, 100)
