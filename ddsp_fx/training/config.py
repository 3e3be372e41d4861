# SPDX-License-Identifier: GPL-3.0-or-later
"""All settings of a training run, with the defaults that measured best. A recipe holds the same settings as TOML."""

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

# A recipe has about thirty lines.
MOST_BYTES = 1 << 20

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(min_length=1)]
# No tracker that is read from a file, "ddsp-vst:PATH": the cache of features would not notice a change of that file.
TrackerName = Annotated[str, StringConstraints(min_length=1, pattern="^[^:]*$")]
# Strict, because steps = "300" is a mistake that a conversion would hide.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[Whole, Field(ge=0, le=10**9)]
Positive = Annotated[Whole, Field(ge=1, le=10**9)]
NotNegative = Annotated[Number, Field(ge=0, allow_inf_nan=False)]
# `parts` validates it, with a message of one line where pydantic's for a union has two.
Chosen = Annotated[Choice, SkipValidation]
Duration = Annotated[Number, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one run.

    Args:
        name: of the bundle; its effects become NAME, NAME-room, NAME-dry.
        decoder: "tiny" is a 256-unit GRU, "full" the paper's decoder, "compact" the same, a fifth narrower. `decoder`,
            `encoder` and `loss` are a name, or a table with a name and the part's settings (`ddsp_fx.training.parts`).
        weights: as stored: "float32", or "int8", a quarter of the size with errors near 1 % of the largest amplitude.
        encoder: "z" learns, together with the decoder, what pitch and level do not describe; "unsupervised" learns the
            pitch itself, without a tracker.
        loss: of the audio stage.
        warm_up_steps: of the unsupervised pitch encoder, on sounds from the synthesizer.
        steps: steps of the audio stage; `minutes`, if given, may end it earlier. The learning rate decays with
            whichever
            is closer to its end.
        fit_steps: steps of the first stage, which fits the decoder to measured controls with no audio in the loop.
        clip_seconds, pre_roll_seconds: the loss counts the clip only; the pre-roll before it warms up the decoder's
            state
            and feeds the room.
        learning_rate: at the start of the audio stage; it falls to a tenth along half a cosine.
        sample_rate: of the synthesizer, 16000, 32000 or 48000 Hz: the model's ceiling is half of it. Pitch and level
            are
            always analysed at 16 kHz. `ddsp_fx.training.data.bandwidth` finds the rate that recordings need.
        frame_rate: frames per second, a divisor of 16000.
        gain_db, level_error_db, pitch_error_semitones: standard deviations of random changes against overfitting: of
            each
            clip's gain and, frame by frame, of the level and the pitch that the decoder receives.
        varispeed_semitones: also train on copies of every recording, transposed up and down by this much.
        room_seconds: length of the learned impulse response.
        licence: of the weights; `data_licence` is the recordings' licence if that is another.
        recipe: where these settings can be found, for the card.
        holdout_seconds: cut from the end of the last recording and never trained on.
        holdout_every: for many short recordings: every Nth file is held out, whole. 0 holds none out.
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
            raise TrainingError(f"varispeed_semitones needs a tracker's pitch, which {encoder} does not use")
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
        """The name that users type for the instrument: `symbol`, else the name in lower case with dashes."""
        return self.symbol or self.name.lower().replace("_", "-").replace(" ", "-")

    @property
    def identity(self) -> str:
        """The id of the resulting bundle."""
        return self.bundle_id or f"user.{self.effect_symbol}"

    @property
    def hop(self) -> int:
        """Samples per frame."""
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
        """The sizes that decoder, encoder, synthesizer and loss share."""
        n_z = parts.encoder_of(self.encoder).count("n_z", 0)
        state_size = parts.decoder_of(self.decoder).count("state_size", 1)
        return parts.Sizes(self.n_harmonics, self.n_bands, n_z, state_size, self.hop, self.sample_rate)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for checkpoints."""
        return asdict(self)


def read_recipe(path: Path, **overrides: Any) -> TrainConfig:
    """Read a TOML recipe and apply `overrides`; raises TrainingError that names an unknown key."""
    return make_config({**read_settings(path), **overrides}, str(path))


def read_settings(path: Path) -> dict[str, Any]:
    """The settings that a recipe states; raises TrainingError if it is not TOML."""
    try:
        # A pipe is allowed: users who type a path know what is behind it.
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise TrainingError(f"{path}: is longer than {MOST_BYTES} bytes, so it is no recipe")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise TrainingError(f"{path}: not a TOML recipe: nested too deeply") from None
    # TOMLDecodeError and UnicodeDecodeError are ValueErrors, and so is the error for an integer of 5,000 digits.
    except ValueError as error:
        raise TrainingError(f"{path}: not a TOML recipe: {error}") from None


def make_config(data: Mapping[str, Any], label: str = "options") -> TrainConfig:
    """Settings from plain data; raises TrainingError with every fault: unknown keys, wrong types, out of range."""
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
        raise TrainingError(f"{label}: name {config.name!r} is not a valid folder name: {problem}")
    if not re.fullmatch(SYMBOL_PATTERN, config.effect_symbol):
        raise TrainingError(
            f"{label}: name {config.name!r} makes the effect {config.effect_symbol!r}, which cannot be typed; use "
            "letters, digits, spaces and dashes, or give symbol = ... in the recipe"
        )


@cache
def _schema() -> TypeAdapter[TrainConfig]:
    return TypeAdapter(TrainConfig)
