# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoders, encoders and losses by name, through entry points: also the built-in ones.

An entry point of group `ddsp_fx.decoders`, `ddsp_fx.encoders` or `ddsp_fx.losses` names an object that declares
``Settings``, the keys that a recipe may set, and has the methods of `DecoderKind`, `EncoderKind` or `LossKind`.
Names are listed from installed metadata: neither Keras nor a package is imported before its part is chosen.
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
# What a recipe says of a part: its name, or a table with a name and the part's own settings.
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
    """Base of a part's settings: a frozen pydantic model that refuses keys it does not know and guesses no types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True)
class Sizes:
    """What all parts of one model agree on.

    Args:
        n_harmonics, n_bands: what a decoder puts out a frame.
        n_z: numbers a frame that an encoder tells the decoder beside pitch and level, 0 for none.
        state_size: numbers that a decoder keeps from frame to frame.
        hop: samples a frame.
        sample_rate: in Hz.
    """

    n_harmonics: int = 60
    n_bands: int = 65
    n_z: int = 0
    state_size: int = 1
    hop: int = 320
    sample_rate: int = 16000


class Statistics(NamedTuple):
    """Mean and deviation of the scaled pitch and level over a training set; a decoder whitens its inputs by them."""

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
        """Return a fresh `keras.Model`.

        It is called as ``decoder(f0_scaled, level_scaled, keep=None)``, inputs (B, F) each: midi / 127 and dB / 80 + 1.
        It returns amplitude (B, F), distribution (B, F, H) and noise magnitudes (B, F, M), all positive; the
        distribution sums to 1. ``keep`` (B, 1, S), or None, weighs the state's outputs (dropout); it may be ignored.

        Its ``step(f0_scaled, level_scaled, state)`` takes (B,), (B,), (B, S) and returns one frame of the same,
        (B,), (B, H), (B, M), and the next state (B, S). TensorFlow Lite must know its operations.

        With ``sizes.n_z`` > 0 it is also called with ``z`` (B, F, n_z). Then it has ``terms(f0_scaled, level_scaled)``
        (..., T) and a weight ``usual_z`` (T, n_z): where no z is given, it hears their product.
        """
        ...


class EncoderKind(Protocol):
    """An encoder that a recipe can name: what listens to the clips in training. No bundle holds one.

    Attributes:
        learns_pitch: it takes the tracker's place. It is first taught on random sounds whose pitch is known.
        card: what a bundle's description says of it, "" for nothing.
    """

    Settings: type[BaseModel]
    learns_pitch: bool
    card: str

    def n_z(self, settings: Any) -> int:
        """Return how many numbers a frame it tells the decoder beside pitch and level."""
        ...

    def build(self, settings: Any, sizes: Sizes) -> Any:
        """Return a fresh `keras.Model`, or None for nothing that listens.

        It is called with a batch that holds ``audio`` (B, T) at least and returns a dictionary of what it puts into the
        batch or replaces there: ``z`` (B, T // hop + 1, n_z) if n_z > 0. One that learns pitch returns f0_scaled, mask,
        entry and fraction (see `ddsp_fx.training.data.clips.synth_inputs`) and has ``logits(audio)``: of 128 MIDI notes
        (B, F, 128), and of a pitch at all (B, F).
        """
        ...


class LossKind(Protocol):
    """A loss of the audio stage that a recipe can name."""

    Settings: type[BaseModel]

    def build(self, settings: Any, sizes: Sizes) -> Callable[[Any, Any], Any]:
        """Return a function of the recording and the resynthesis, (B, T) each, to a scalar, in `keras.ops`."""
        ...


Kind = TypeVar("Kind", DecoderKind, EncoderKind, LossKind)


@dataclass(frozen=True)
class Part(Generic[Kind]):
    """What a recipe has chosen: a registered kind and its settings, both checked."""

    role: Role
    name: str
    kind: Kind
    settings: BaseModel

    def __str__(self) -> str:
        return f"{self.role} {self.name!r}"

    def count(self, method: str, least: int) -> int:
        """The kind's ``state_size`` or ``n_z`` with its settings; raises TrainingError where that is no count."""
        try:
            found: object = getattr(self.kind, method)(self.settings)
        except Exception as error:  # whatever a stranger's code raises
            raise TrainingError(f"{self}: {method} raises {type(error).__name__}: {error}") from error
        if not isinstance(found, int) or found < least:
            raise TrainingError(f"{self}: {method} is {found!r}; expected a whole number from {least} on")
        return found

    def build(self, *arguments: Any) -> Any:
        """The kind's `build` with its settings; raises TrainingError that names the part when that fails."""
        try:
            return self.kind.build(self.settings, *arguments)
        except Exception as error:  # whatever a stranger's code raises
            raise TrainingError(f"{self} cannot be built: {type(error).__name__}: {error}") from error


def decoder_of(choice: Choice) -> Part[DecoderKind]:
    """The decoder that a recipe has chosen; raises TrainingError as `_chosen` does."""
    return _chosen("decoder", choice)


def encoder_of(choice: Choice) -> Part[EncoderKind]:
    """The encoder that a recipe has chosen; raises TrainingError as `_chosen` does."""
    return _chosen("encoder", choice)


def loss_of(choice: Choice) -> Part[LossKind]:
    """The loss that a recipe has chosen; raises TrainingError as `_chosen` does."""
    return _chosen("loss", choice)


def _chosen(role: Role, choice: Choice) -> Part[Any]:
    """Raises TrainingError for an unknown name, a part that does not load, and settings that it does not have."""
    name, own = _split(role, choice)
    kind = _load(role, name)
    return Part(role, name, kind, _settings(f"{role} {name!r}", kind.Settings, own))


def _split(role: Role, choice: object) -> tuple[str, dict[str, Any]]:
    table = {"name": choice} if isinstance(choice, str) else choice
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise TrainingError(
            f'{role} is {choice!r}; give a name, {role} = "{DOORS[role].names()[-1]}", or a table [{role}] of name '
            "and its own settings"
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
        # By way of JSON, as checkpoints keep them: a list is then good for a tuple, and a string still for no number.
        return declared.model_validate_json(json.dumps(dict(own)))
    except ValidationError as error:
        raise TrainingError(f"{part}: {breaches(error)}") from None
    except TypeError as error:
        raise TrainingError(f"{part}: settings are text, numbers, true, false, lists and tables ({error})") from None
