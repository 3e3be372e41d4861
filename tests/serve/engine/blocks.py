# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs audio through an engine without a clock, block by block."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ddsp_fx import Board
from ddsp_fx.array_types import Audio
from ddsp_fx_bridge.engine import Change, Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.recorder import Recorder

RATE, BLOCK = 48000, 256
MakeBoard = Callable[[], Board]


def noise(samples: int, seed: int = 0) -> Audio:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (2, samples)).astype(np.float32)


def run(engine: Engine, audio: Audio, before: Callable[[int], None] = lambda position: None) -> Audio:
    """Process `audio` in blocks; `before` is called with each block's position."""
    out = []
    for start in range(0, audio.shape[1], BLOCK):
        before(start)
        out.append(engine.process(audio[:, start : start + BLOCK]))
    return np.concatenate(out, axis=1)


def first_difference(a: Audio, b: Audio) -> int:
    return int(np.flatnonzero((a != b).any(axis=0))[0])


def mix(value: float, track: int = 1) -> Change:
    return Change(track, "hall", "mix", value)


def record(engine: Engine, path: Path) -> Recorder:
    track = engine.track(1)

    recorder = Recorder(
        Library(path.parent, ".jsonl"), path.stem, track.sample_rate, track.board_json(), track.controls
    )
    track.start_recording(recorder)
    return recorder
