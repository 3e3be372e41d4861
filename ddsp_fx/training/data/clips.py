# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws batches of random clips from the recordings: features, phase, noise and target audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.training.data import phase_and_noise
from ddsp_fx.training.data.passage import Passage, f0_scaled, level_scaled


@dataclass(frozen=True)
class ClipShape:
    """The size of a clip: ``frames`` frames of ``hop`` samples at ``sample_rate``."""

    frames: int
    hop: int = 320
    sample_rate: int = 16_000
    n_harmonics: int = 60


def synth_inputs(passages: Sequence[Passage], shape: ClipShape, rng: np.random.Generator) -> dict[str, Any]:
    """Return all inputs of the autoencoder for ``passages`` of equal length, one clip each."""
    f0_hz = np.stack([passage.f0_hz for passage in passages])
    size = phase_and_noise.table_size(shape.n_harmonics)
    entry, fraction = phase_and_noise.table_places(f0_hz, hop=shape.hop, size=size, sample_rate=shape.sample_rate)
    return {
        "f0_scaled": f0_scaled(f0_hz),
        "level_scaled": level_scaled(np.stack([passage.level_db for passage in passages])),
        "mask": phase_and_noise.audible(f0_hz, n_harmonics=shape.n_harmonics, sample_rate=shape.sample_rate),
        "entry": entry,
        "fraction": fraction,
        "noise": phase_and_noise.noise_spectra(rng, *f0_hz.shape, hop=shape.hop),
    }


def random_positions(
    passages: Sequence[Passage], frames: int, clips: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Return ``clips`` pairs (passage, first frame), uniform over all positions of all passages."""
    room = np.maximum([passage.frames - frames + 1 for passage in passages], 0)
    flat = rng.integers(0, room.sum(), clips)
    ends = np.cumsum(room)
    which = np.searchsorted(ends, flat, side="right")
    return [(int(t), int(f - (ends[t] - room[t]))) for t, f in zip(which, flat, strict=True)]


def random_batch(
    passages: Sequence[Passage], shape: ClipShape, clips: int, rng: np.random.Generator
) -> tuple[dict[str, Any], Floats]:
    """Return a batch of ``clips`` random clips: inputs, and the recorded audio (clips, (frames - 1) * hop)."""
    positions = random_positions(passages, shape.frames, clips, rng)
    cuts = [passages[t].cut(start, start + shape.frames, shape.hop) for t, start in positions]
    return synth_inputs(cuts, shape, rng), np.stack([cut.audio for cut in cuts])
