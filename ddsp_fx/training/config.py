# SPDX-License-Identifier: GPL-3.0-or-later
"""All settings of a training run, with the defaults that measured best. A recipe is the same as TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation, Strict, StringConstraints, TypeAdapter, ValidationError

from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.analysis.trackers import check_tracker
from ddsp_fx.bundles.manifest import IDENTIFIER_PATTERN, SYMBOL_PATTERN, Version, breaches
from ddsp_fx.errors import DdspFxError, TrainingError, did_you_mean
from ddsp_fx.names import problem_with
from ddsp_fx.training import parts
from ddsp_fx.training.parts import Choice

# A recipe has some thirty lines.
MOST_BYTES = 1 << 20

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(min_length=1)]
# Not one that is read from a file, "ddsp-vst:PATH": the cache of features would not see that file change.
TrackerName = Annotated[str, StringConstraints(min_length=1, pattern="^[^:]*$")]
# Strict: steps = "300" is a mistake, and to guess what was meant would hide it.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[Whole, Field(ge=0, le=10**9)]
Positive = Annotated[Whole, Field(ge=1, le=10**9)]
NotNegative = Annotated[Number, Field(ge=0, allow_inf_nan=False)]
# `parts` judges it, in one line where a union's validation would need two.
Chosen = Annotated[Choice, SkipValidation]
Duration = Annotated[Number, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one run.

    Args:
        name: of the bundle; its effects become NAME, NAME-room, NAME-dry.
        decoder: "tiny" is one 256-unit GRU, "full" the paper's decoder, "compact" the same a fifth narrower. It,
            `encoder` and `loss` are a name, or a table of a name and own settings (`ddsp_fx.training.parts`).
        weights: in the file: "float32", or "int8", a quarter of the size and about 1 % of the largest amplitude off.
        encoder: "z" learns what pitch and level leave unsaid, beside the decoder; "unsupervised" learns pitch itself,
            and no tracker is asked.
        loss: of the audio stage.
        warm_up_steps: of the unsupervised pitch encoder, on the synthesizer's own sounds.
        steps: audio steps; `minutes` ends the audio stage earlier if given. The learning rate decays with whichever
            is nearer its end.
        fit_steps: steps of the first stage, which fits the decoder to measured controls with no audio in the loop.
        clip_seconds, pre_roll_seconds: the loss counts on the clip; the pre-roll before it warms the decoder's state
            and feeds the room.
        learning_rate: of the audio stage's start; it falls to a tenth on a half cosine.
        sample_rate: of the synthesizer that is trained, 16000, 32000 or 48000 Hz: the model's ceiling is half of it.
            Pitch and level are always heard at 16 kHz. `ddsp_fx.training.data.bandwidth` finds what recordings ask for.
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

    name: Name
    decoder: Chosen = "tiny"
    weights: Literal["float32", "int8"] = "int8"
    encoder: Chosen = "none"
    loss: Chosen = "spectral"
    warm_up_steps: Count = 1000
    steps: Positive = 3000
    minutes: Duration | None = None
    fit_steps: Count = 600
    batch: Annotated[Whole, Field(ge=1, le=1024)] = 4
    clip_seconds: Duration = 2.0
    pre_roll_seconds: NotNegative = 1.2
    learning_rate: Annotated[Number, Field(gt=0, le=1, allow_inf_nan=False)] = 1e-3
    sample_rate: Annotated[Whole, Field(ge=FEATURE_RATE_HZ, le=192000)] = 16000
    frame_rate: Annotated[Whole, Field(ge=1, le=1000)] = 100
    n_harmonics: Annotated[Whole, Field(ge=1, le=1024)] = 60
    n_bands: Annotated[Whole, Field(ge=2, le=4096)] = 65
    level: Literal["loudness", "power"] = "loudness"
    tracker: TrackerName = "swift"
    gain_db: NotNegative = 2.0
    level_error_db: NotNegative = 0.7
    pitch_error_semitones: NotNegative = 0.1
    varispeed_semitones: NotNegative = 0.0
    room: Flag = True
    room_seconds: Annotated[Number, Field(gt=0, le=20, allow_inf_nan=False)] = 2.0
    holdout_seconds: NotNegative = 0.0
    holdout_every: Count = 0
    seed: Annotated[Whole, Field(ge=0, lt=1 << 63)] = 0
    preview_every: Positive = 1000
    author: Text = "unknown"
    licence: Text = "unstated"
    data_licence: str = ""
    title: str = ""
    source: str = ""
    recipe: str = ""
    bundle_id: Annotated[str, StringConstraints(pattern=f"^$|{IDENTIFIER_PATTERN}")] = ""
    symbol: Annotated[str, StringConstraints(pattern=f"^$|{SYMBOL_PATTERN}", max_length=40)] = ""
    version: Version = "1.0.0"

    def __post_init__(self) -> None:
        if self.varispeed_semitones and self.learns_pitch:
            encoder = parts.encoder_of(self.encoder)
            raise TrainingError(f"varispeed_semitones needs a tracker's pitch, which {encoder} has not")
        self._check_rates()

    def _check_rates(self) -> None:
        if self.sample_rate < 1 or self.sample_rate % FEATURE_RATE_HZ:
            raise TrainingError(
                f"sample_rate {self.sample_rate} is not a multiple of {FEATURE_RATE_HZ}, the features' rate"
            )
        if FEATURE_RATE_HZ % self.frame_rate:
            raise TrainingError(f"frame_rate {self.frame_rate} does not divide {FEATURE_RATE_HZ}: try 50, 100 or 250")
        if 2 * (self.n_bands - 1) > self.hop:
            raise TrainingError(f"n_bands {self.n_bands} makes filters longer than a frame of {self.hop} samples")

    @property
    def effect_symbol(self) -> str:
        """What people type for the instrument: `symbol`, else the name in small letters with dashes."""
        return self.symbol or self.name.lower().replace("_", "-").replace(" ", "-")

    @property
    def identity(self) -> str:
        """The id of the bundle that comes of it."""
        return self.bundle_id or f"user.{self.effect_symbol}"

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
    def learns_pitch(self) -> bool:
        """Whether the encoder takes the tracker's place."""
        return parts.encoder_of(self.encoder).kind.learns_pitch

    @property
    def sizes(self) -> parts.Sizes:
        """What decoder, encoder, synthesizer and loss agree on."""
        n_z = parts.encoder_of(self.encoder).count("n_z", 0)
        state_size = parts.decoder_of(self.decoder).count("state_size", 1)
        return parts.Sizes(self.n_harmonics, self.n_bands, n_z, state_size, self.hop, self.sample_rate)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for checkpoints."""
        return asdict(self)


def read_recipe(path: Path, **overrides: Any) -> TrainConfig:
    """A TOML recipe with options over it; raises TrainingError naming a key that does not exist."""
    return make_config({**read_settings(path), **overrides}, str(path))


def read_settings(path: Path) -> dict[str, Any]:
    """What a recipe states, and no more; raises TrainingError for a file that is no TOML."""
    try:
        # A pipe is as good as a file here: who types the command knows what stands behind it.
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise TrainingError(f"{path}: is longer than {MOST_BYTES} bytes, which no recipe is")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise TrainingError(f"{path}: not a TOML recipe: nested too deeply") from None
    # TOMLDecodeError and UnicodeDecodeError are ValueErrors, and so is what an integer of 5,000 digits gives.
    except ValueError as error:
        raise TrainingError(f"{path}: not a TOML recipe: {error}") from None


def make_config(data: Mapping[str, Any], label: str = "options") -> TrainConfig:
    """Settings from plain data; raises TrainingError with every breach: unknown keys, wrong types, out of range."""
    unknown = sorted(set(data) - {entry.name for entry in fields(TrainConfig)})
    if unknown:
        known = [entry.name for entry in fields(TrainConfig)]
        hint = did_you_mean(unknown[0], known)
        raise TrainingError(f"{label}: unknown setting {unknown[0]!r}{hint}; known are {', '.join(sorted(known))}")
    if "name" not in data:
        raise TrainingError(f"{label}: a name is needed; give --name or name = ... in the recipe")
    try:
        config: TrainConfig = _schema().validate_python(dict(data))
    except ValidationError as error:
        raise TrainingError(f"{label}: {breaches(error)}") from None
    _require_parts(config, label)
    _require_names(config, label)
    return config


def _require_parts(config: TrainConfig, label: str) -> None:
    try:
        parts.decoder_of(config.decoder), parts.encoder_of(config.encoder), parts.loss_of(config.loss)
        check_tracker(config.tracker)
    except DdspFxError as error:
        raise TrainingError(f"{label}: {error}") from None


def _require_names(config: TrainConfig, label: str) -> None:
    if problem := problem_with(config.name):
        raise TrainingError(f"{label}: name {config.name!r} is no name for a folder: {problem}")
    if not re.fullmatch(SYMBOL_PATTERN, config.effect_symbol):
        raise TrainingError(
            f"{label}: name {config.name!r} makes the effect {config.effect_symbol!r}, which cannot be typed; use "
            "letters, digits, spaces and dashes, or give symbol = ... in the recipe"
        )


@cache
def _schema() -> TypeAdapter[TrainConfig]:
    return TypeAdapter(TrainConfig)
