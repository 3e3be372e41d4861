# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitch and level of recordings for each frame, computed as in the effects, and cached by content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ddsp_fx.analysis.features import Features, LevelKind, extract
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.files.names import printable
from ddsp_fx.training.arrays import save_arrays
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.recordings import Recording

# Increase it when the analysis changes, so that no stale cache is used.
CACHE_VERSION = 1


def analyse(recording: Recording, tracker: str, level: LevelKind, hop: int, cache: Path) -> Features:
    """Features of a recording, from the cache if the same samples were analysed with the same settings before."""
    digest = hashlib.sha256(recording.audio.tobytes())
    digest.update(f"{CACHE_VERSION} {tracker} {level} {hop} {recording.sample_rate}".encode())
    path = cache / f"{digest.hexdigest()[:32]}.npz"
    if path.is_file():
        with np.load(path) as data:
            return Features(data["f0_hz"], data["confidence"], data["level_db"])
    feature_hop = hop * FEATURE_RATE_HZ // recording.sample_rate
    features = extract(recording.audio, recording.sample_rate, tracker, level, feature_hop)
    save_arrays(path, f0_hz=features.f0_hz, confidence=features.confidence, level_db=features.level_db)
    return features


def passage_of(recording: Recording, features: Features, hop: int) -> Passage:
    """Audio, padded to reach past the last frame, with its features."""
    needed = len(features) * hop
    audio = np.pad(recording.audio, (0, max(0, needed - len(recording.audio))))
    return Passage(printable(recording.path.name), audio, features.f0_hz, features.confidence, features.level_db)
