# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that decides a training run, with the defaults that measured best; a recipe is this as TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from ddsp_fx.errors import TrainingError

FEATURE_RATE = 16000
Z_SIZE = 16
ENCODERS = ("none", "z", "unsupervised")


WEIGHTS = ("float32", "int8")
_LIMITS = {
    0.0: ("gain_db", "level_error_db", "pitch_error_semitones", "varispeed_semitones"),
    1.0: ("steps", "batch", "n_harmonics", "n_bands", "frame_rate"),
}


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one run.

    Args:
        name: of the bundle; its effects become NAME, NAME-room, NAME-dry.
        preset: "tiny" is one 256-unit GRU, "full" the paper's decoder, "compact" the same a fifth narrower.
        weights: in the file: "float32", or "int8", a quarter of the size and about 1 % of the largest amplitude off.
        encoder: "z" learns what pitch and level leave unsaid, beside the decoder (`encoders`); "unsupervised" learns
            pitch itself, and no tracker is asked.
        warm_up_steps: of the unsupervised pitch encoder, on the synthesizer's own sounds.
        steps: audio steps; `minutes` ends the audio stage earlier if given. The learning rate decays with whichever
            is nearer its end.
        fit_steps: steps of the first stage, which fits the decoder to measured controls with no audio in the loop.
        clip_seconds, pre_roll_seconds: the loss counts on the clip; the pre-roll before it warms the decoder's state
            and feeds the room.
        learning_rate: of the audio stage's start; it falls to a tenth on a half cosine.
        sample_rate: of the synthesizer that is trained, 16000, 32000 or 48000 Hz: the model's ceiling is half of it.
            Pitch and level are always heard at 16 kHz. `ddsp_fx.training.bandwidth` finds what recordings ask for.
        frame_rate: frames a second, of which 16000 is a multiple.
        gain_db, level_error_db, pitch_error_semitones: deviations of what a clip is disturbed by, so that it is not
            learned by heart: its gain, and, frame by frame, what the decoder hears of its level and its pitch.
        varispeed_semitones: train on copies of every recording as much lower and higher too.
        room_seconds: length of the learned impulse response.
        licence: of the weights; `data_licence` is that of the recordings where it is another.
        recipe: where the card says that these settings can be found.
        holdout_seconds: cut from the end of the last recording and never trained on.
        holdout_every: with many short recordings instead: each so manieth file, whole, is never trained on. 0 is none.
    """

    name: str
    preset: Literal["tiny", "compact", "full"] = "tiny"
    weights: Literal["float32", "int8"] = "int8"
    encoder: Literal["none", "z", "unsupervised"] = "none"
    warm_up_steps: int = 1000
    steps: int = 3000
    minutes: float | None = None
    fit_steps: int = 600
    batch: int = 4
    clip_seconds: float = 2.0
    pre_roll_seconds: float = 1.2
    learning_rate: float = 1e-3
    sample_rate: int = 16000
    frame_rate: int = 100
    n_harmonics: int = 60
    n_bands: int = 65
    level: Literal["loudness", "power"] = "loudness"
    tracker: str = "swift"
    gain_db: float = 2.0
    level_error_db: float = 0.7
    pitch_error_semitones: float = 0.1
    varispeed_semitones: float = 0.0
    room: bool = True
    room_seconds: float = 2.0
    holdout_seconds: float = 0.0
    holdout_every: int = 0
    seed: int = 0
    preview_every: int = 1000
    author: str = "unknown"
    licence: str = "unstated"
    data_licence: str = ""
    title: str = ""
    source: str = ""
    recipe: str = ""
    bundle_id: str = ""
    symbol: str = ""
    version: str = "1.0.0"

    def __post_init__(self) -> None:
        for limit, names in _LIMITS.items():
            for name in names:
                if getattr(self, name) < limit:
                    raise TrainingError(f"{name} = {getattr(self, name):g} must be at least {limit:g}")
        if self.clip_seconds <= 0 or self.learning_rate <= 0 or self.room_seconds <= 0:
            raise TrainingError("clip_seconds, learning_rate and room_seconds must be above 0")
        if self.encoder not in ENCODERS:
            raise TrainingError(f"encoder {self.encoder!r} is none of {', '.join(ENCODERS)}")
        if self.weights not in WEIGHTS:
            raise TrainingError(f"weights {self.weights!r} is none of {', '.join(WEIGHTS)}")
        if self.encoder == "unsupervised" and self.varispeed_semitones:
            raise TrainingError("varispeed_semitones needs a tracker's pitch, which encoder 'unsupervised' has not")
        self._check_rates()

    def _check_rates(self) -> None:
        if self.sample_rate < 1 or self.sample_rate % FEATURE_RATE:
            raise TrainingError(
                f"sample_rate {self.sample_rate} is not a multiple of {FEATURE_RATE}, the features' rate"
            )
        if FEATURE_RATE % self.frame_rate:
            raise TrainingError(f"frame_rate {self.frame_rate} does not divide {FEATURE_RATE}: try 50, 100 or 250")
        if 2 * (self.n_bands - 1) > self.hop:
            raise TrainingError(f"n_bands {self.n_bands} makes filters longer than a frame of {self.hop} samples")

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.sample_rate // self.frame_rate

    @property
    def pre_roll(self) -> int:
        """Frames before the counted part of a clip."""
        return round(self.pre_roll_seconds * self.frame_rate)

    @property
    def clip_frames(self) -> int:
        """Frames of a whole clip, both ends included."""
        return round(self.clip_seconds * self.frame_rate) + self.pre_roll + 1

    @property
    def n_z(self) -> int:
        """Size of the decoder's third input, 0 where it has none."""
        return Z_SIZE if self.encoder == "z" else 0

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for checkpoints."""
        return asdict(self)


def read_recipe(path: Path, **overrides: Any) -> TrainConfig:
    """A TOML recipe with options over it; raises TrainingError naming a key that does not exist."""
    return make_config({**read_settings(path), **overrides}, str(path))


def read_settings(path: Path) -> dict[str, Any]:
    """What a recipe states, and no more; raises TrainingError for a file that is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: not a TOML recipe: {error}") from None


def make_config(data: Mapping[str, Any], label: str = "options") -> TrainConfig:
    """Settings from plain data; raises TrainingError for unknown keys or a missing name."""
    known = {entry.name for entry in fields(TrainConfig)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise TrainingError(f"{label}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if "name" not in data:
        raise TrainingError(f"{label}: a name is needed")
    return replace(TrainConfig(str(data["name"])), **data)
