# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings as the model hears them: pitch and level a frame, as the effects compute them, cached by content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ddsp_fx.analysis.features import Features, LevelKind, extract
from ddsp_fx.errors import TrainingError
from ddsp_fx.files.names import printable
from ddsp_fx.files.replace import replacing
from ddsp_fx.training.config import FEATURE_RATE
from ddsp_fx.training.recordings import Recording

Array = npt.NDArray[np.float32]
# Raise it when analysis changes, so that no stale cache is read.
CACHE_VERSION = 1


@dataclass(frozen=True)
class Track:
    """One recording at the model's rate: ``audio`` (samples,), and a value a frame for the rest, frame k at k * hop."""

    name: str
    audio: Array
    f0_hz: Array
    confidence: Array
    level_db: Array

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.f0_hz)

    def cut(self, start: int, stop: int, hop: int) -> Track:
        """Return frames ``start`` to ``stop`` (exclusive) and the audio between the first and the last of them."""
        audio = self.audio[start * hop : (stop - 1) * hop]
        part = slice(start, stop)
        return Track(self.name, audio, self.f0_hz[part], self.confidence[part], self.level_db[part])


def join(tracks: Sequence[Track], hop: int) -> Track:
    """Return tracks one after another as one."""
    audio = np.concatenate([track.audio[: track.frames * hop] for track in tracks])
    features = (np.concatenate([getattr(t, name) for t in tracks]) for name in ("f0_hz", "confidence", "level_db"))
    return Track(", ".join(track.name for track in tracks), audio, *features)


def f0_scaled(f0_hz: npt.ArrayLike) -> Array:
    """Return midi / 127 of ``f0_hz``."""
    midi = 69.0 + 12.0 * np.log2(np.maximum(np.asarray(f0_hz, np.float64), 1.0) / 440.0)
    return (midi / 127.0).astype(np.float32)


def level_scaled(level_db: npt.ArrayLike) -> Array:
    """Return dB / 80 + 1 of ``level_db``."""
    return (np.asarray(level_db, np.float64) / 80.0 + 1.0).astype(np.float32)


def analyse(recording: Recording, tracker: str, level: LevelKind, hop: int, cache: Path) -> Features:
    """Features of a recording, from the cache when the same samples were analysed the same way before."""
    digest = hashlib.sha256(recording.audio.tobytes())
    digest.update(f"{CACHE_VERSION} {tracker} {level} {hop} {recording.sample_rate}".encode())
    path = cache / f"{digest.hexdigest()[:32]}.npz"
    if path.is_file():
        with np.load(path) as data:
            return Features(data["f0_hz"], data["confidence"], data["level_db"])
    feature_hop = hop * FEATURE_RATE // recording.sample_rate
    features = extract(recording.audio, recording.sample_rate, tracker, level, feature_hop)
    save_arrays(path, f0_hz=features.f0_hz, confidence=features.confidence, level_db=features.level_db)
    return features


def track_of(recording: Recording, features: Features, hop: int) -> Track:
    """Audio padded to reach past the last frame, beside its features."""
    needed = len(features) * hop
    audio = np.pad(recording.audio, (0, max(0, needed - len(recording.audio))))
    return Track(printable(recording.path.name), audio, features.f0_hz, features.confidence, features.level_db)


def save_arrays(path: Path, **arrays: npt.ArrayLike) -> None:
    """An .npz, moved into place when it is whole: a power cut leaves the old file or the new. Raises TrainingError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{path.parent}: cannot be made: {error.strerror}") from None
    with replacing(path, TrainingError) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
