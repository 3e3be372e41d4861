# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoders, encoders and losses by name, all from entry points, built-in ones too.

An entry point of group `ddsp_fx.decoders`, `ddsp_fx.encoders` or `ddsp_fx.losses` names an object with ``Settings``,
the keys that a recipe may set, and the methods of `DecoderKind`, `EncoderKind` or `LossKind`. Names come from installed
metadata: neither Keras nor any package is imported before its part is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ddsp_fx.bundles.manifest import breaches
from ddsp_fx.errors import TrainingError, did_you_mean
from ddsp_fx.extensions import Door

Role = Literal["decoder", "encoder", "loss"]
# A recipe chooses a part by its name, or by a table with the name and the part's own settings.
Choice = str | dict[str, Any]

DOORS: dict[Role, Door] = {
    "decoder": Door("ddsp_fx.decoders", "decoder", TrainingError),
    "encoder": Door("ddsp_fx.encoders", "encoder", TrainingError),
    "loss": Door("ddsp_fx.losses", "loss", TrainingError),
}
NEEDED: dict[Role, tuple[str, ...]] = {
    "decoder": ("build", "state_size"),
    "encoder": ("build", "n_z", "learns_pitch", "card"),
    "loss": ("build",),
}


class Settings(BaseModel):
    """Base of a part's settings: a frozen pydantic model that refuses unknown keys and does not convert types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True)
class Sizes:
    """The sizes that all parts of a model share.

    Args:
        n_harmonics, n_bands: a decoder's outputs per frame.
        n_z: an encoder's numbers per frame for the decoder, besides pitch and level; 0 for none.
        state_size: numbers that a decoder carries from frame to frame.
        hop: samples per frame.
        sample_rate: in Hz.
    """

    n_harmonics: int = 60
    n_bands: int = 65
    n_z: int = 0
    state_size: int = 1
    hop: int = 320
    sample_rate: int = 16000


class Statistics(NamedTuple):
    """Mean and deviation of the scaled pitch and level over a training set, by which decoders normalise inputs."""

    f0_mean: float
    f0_std: float
    level_mean: float
    level_std: float


class DecoderKind(Protocol):
    """A decoder that a recipe can name. Shapes: B clips, F frames, H harmonics, M noise bands, S the state's size."""

    Settings: type[BaseModel]

    def state_size(self, settings: Any) -> int:
        """Return S, at least 1."""
        ...

    def build(self, settings: Any, sizes: Sizes, statistics: Statistics) -> Any:
        """Return a new `keras.Model`.

        It is called as ``decoder(f0_scaled, level_scaled, keep=None)``, inputs (B, F) each: midi / 127 and dB / 80 + 1.
        It returns amplitude (B, F), distribution (B, F, H) and noise magnitudes (B, F, M), all positive; the
        distribution sums to 1. ``keep`` (B, 1, S), or None, weights the state's outputs (dropout); it may be ignored.

        Its ``step(f0_scaled, level_scaled, state)`` takes (B,), (B,), (B, S) and returns one frame of these outputs,
        (B,), (B, H), (B, M), and the next state (B, S). TensorFlow Lite must support its operations.

        With ``sizes.n_z`` > 0 it is also called with ``z`` (B, F, n_z). It then has ``terms(f0_scaled, level_scaled)``
        (..., T) and a weight ``usual_z`` (T, n_z), whose product replaces z if none is given.
        """
        ...


class EncoderKind(Protocol):
    """An encoder that a recipe can name: it analyses the clips during training. Bundles contain no encoder.

    Attributes:
        learns_pitch: it replaces the tracker, and is first trained on random sounds of known pitch.
        card: its sentence in a bundle's description, "" for none.
    """

    Settings: type[BaseModel]
    learns_pitch: bool
    card: str

    def n_z(self, settings: Any) -> int:
        """Return the size of its output z per frame, 0 for none."""
        ...

    def build(self, settings: Any, sizes: Sizes) -> Any:
        """Return a new `keras.Model`, or None for no encoder.

        It is called with a batch that contains at least ``audio`` (B, T), and returns a dictionary of entries to add or
        replace: ``z`` (B, T // hop + 1, n_z) if n_z > 0. An encoder that learns pitch returns f0_scaled, mask, entry
            and fraction (see `ddsp_fx.training.data.clips.synth_inputs`), and has ``logits(audio)``: of 128 MIDI notes
            (B, F, 128), and of a pitch being present (B, F).
        """
        ...


class LossKind(Protocol):
    """A loss of the audio stage that a recipe can name."""

    Settings: type[BaseModel]

    def build(self, settings: Any, sizes: Sizes) -> Callable[[Any, Any], Any]:
        """Return a function of the recording and the resynthesis, (B, T) each, that gives a scalar in `keras.ops`."""
        ...


Kind = TypeVar("Kind", DecoderKind, EncoderKind, LossKind)


@dataclass(frozen=True)
class ChosenPart(Generic[Kind]):
    """A recipe's choice: a registered kind and its settings, both checked."""

    role: Role
    name: str
    kind: Kind
    settings: BaseModel

    def __str__(self) -> str:
        return f"{self.role} {self.name!r}"

    def count(self, method: str, least: int) -> int:
        """The kind's ``state_size`` or ``n_z`` with its settings; raises TrainingError if that is not a valid count."""
        try:
            found: object = getattr(self.kind, method)(self.settings)
        except Exception as error:  # another package's code may raise anything
            raise TrainingError(f"{self}: {method} raises {type(error).__name__}: {error}") from error
        if not isinstance(found, int) or found < least:
            raise TrainingError(f"{self}: {method} is {found!r}; expected a whole number of at least {least}")
        return found

    def build(self, *arguments: Any) -> Any:
        """The kind's `build` with its settings; raises TrainingError that names the part if that fails."""
        try:
            return self.kind.build(self.settings, *arguments)
        except Exception as error:  # another package's code may raise anything
            raise TrainingError(f"{self} cannot be built: {type(error).__name__}: {error}") from error


def decoder_of(choice: Choice) -> ChosenPart[DecoderKind]:
    """The decoder that a recipe has chosen; raises TrainingError like `_chosen`."""
    return _chosen("decoder", choice)


def encoder_of(choice: Choice) -> ChosenPart[EncoderKind]:
    """The encoder that a recipe has chosen; raises TrainingError like `_chosen`."""
    return _chosen("encoder", choice)


def loss_of(choice: Choice) -> ChosenPart[LossKind]:
    """The loss that a recipe has chosen; raises TrainingError like `_chosen`."""
    return _chosen("loss", choice)


def _chosen(role: Role, choice: Choice) -> ChosenPart[Any]:
    """Raises TrainingError for an unknown name, a part that cannot be loaded, or unknown settings."""
    name, own = _split(role, choice)
    kind = _load(role, name)
    return ChosenPart(role, name, kind, _settings(f"{role} {name!r}", kind.Settings, own))


def _split(role: Role, choice: object) -> tuple[str, dict[str, Any]]:
    table = {"name": choice} if isinstance(choice, str) else choice
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise TrainingError(
            f'{role} is {choice!r}; give a name, {role} = "{DOORS[role].names()[-1]}", or a table [{role}] with a name '
            "and its settings"
        )
    return table["name"], {key: value for key, value in table.items() if key != "name"}


def _load(role: Role, name: str) -> Any:
    kind = DOORS[role].load(name)
    source = DOORS[role].check(name).value
    lacking = [attribute for attribute in NEEDED[role] if not hasattr(kind, attribute)]
    if lacking:
        raise TrainingError(f"{role} {name!r} from {source} has no {', '.join(lacking)}; see docs/training_house.md")
    declared = getattr(kind, "Settings", None)
    if not (isinstance(declared, type) and issubclass(declared, BaseModel)):
        raise TrainingError(f"{role} {name!r} from {source} has no pydantic Settings; see docs/training_house.md")
    return kind


def _settings(part: str, declared: type[BaseModel], own: Mapping[str, Any]) -> BaseModel:
    known = sorted(field.alias or key for key, field in declared.model_fields.items())
    for key in own:
        if key not in known and declared.model_config.get("extra") != "allow":
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise TrainingError(f"{part} has no setting {key!r}{did_you_mean(key, known)}; {has}")
    try:
        # Validated as JSON, as in checkpoints: a list is then accepted for a tuple, but a string not for a number.
        return declared.model_validate_json(json.dumps(dict(own)))
    except ValidationError as error:
        raise TrainingError(f"{part}: {breaches(error)}") from None
    except TypeError as error:
        raise TrainingError(f"{part}: settings are text, numbers, true, false, lists and tables ({error})") from None
