# SPDX-License-Identifier: GPL-3.0-or-later
"""bundle.toml as a type: what a bundle must declare, and the JSON Schema of it."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from ddsp_fx.bounded import read_bytes
from ddsp_fx.effects.source import Trained
from ddsp_fx.errors import BundleError
from ddsp_fx.names import problem_with

SCHEMA_VERSION = 1
MANIFEST_NAME = "bundle.toml"
# This project's longest has 6 KiB.
MOST_BYTES = 1 << 20

IDENTIFIER_PATTERN = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"
Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN)]
SYMBOL_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Symbol = Annotated[str, StringConstraints(pattern=SYMBOL_PATTERN, max_length=40)]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
_SHOWN = 120
ParameterValue = bool | int | float | str


class _Strict(BaseModel):
    # Validators are built when the first manifest is read; at import they would cost every script 0.1 s.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class FileEntry(_Strict):
    """A file of the bundle: a relative path inside its folder, and the hash of its contents."""

    path: str
    sha256: Sha256

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or "\\" in value or ":" in value or not path.parts:
            raise ValueError(f"path {value!r} leaves the bundle's folder; use a relative path inside it")
        for part in path.parts:
            if problem := problem_with(part):
                raise ValueError(f"path {value!r} is not valid on every system: {problem}")
        return value


class EffectEntry(_Strict):
    """One effect of the bundle."""

    kind: str = Field(description="a kind of effect: timbre_transfer, learned_reverb, dereverb, or another package's")
    symbol: Symbol = Field(description="the name that users type: violin-room")
    name: str = Field(min_length=1, description="the name that is shown: Violin room")
    description: str = ""
    files: dict[str, str] = Field(description="role that the kind needs -> key in [files]")
    defaults: dict[str, ParameterValue] = {}
    presets: dict[str, dict[str, ParameterValue]] = {}


class DataSource(_Strict):
    """A recording in the training data."""

    title: str
    author: str
    licence: str
    source: str = ""
    seconds: float = Field(gt=0, allow_inf_nan=False)


class TrainedOn(_Strict):
    """Where the weights come from, and the ranges of their training data."""

    data: list[DataSource] = Field(min_length=1)
    recipe: str = Field("", description="the file or command that repeats the training")
    tracker: str = Field(description="pitch tracker of the training features")
    level: Literal["loudness", "power"]
    sample_rate: int = Field(16000, ge=8000, le=192000)
    hop: int = Field(320, ge=16, le=4096)
    f0_min_hz: Finite = Field(gt=0)
    f0_max_hz: Finite = Field(gt=0)
    level_low_db: Finite
    level_median_db: Finite
    level_high_db: Finite

    @model_validator(mode="after")
    def _ordered(self) -> TrainedOn:
        if self.f0_min_hz > self.f0_max_hz:
            raise ValueError(f"f0_min_hz {self.f0_min_hz} is above f0_max_hz {self.f0_max_hz}")
        if not self.level_low_db <= self.level_median_db <= self.level_high_db:
            raise ValueError("level_low_db <= level_median_db <= level_high_db does not hold")
        return self

    def trained(self) -> Trained:
        """The same facts in the form that effects use."""
        return Trained(**self.model_dump(exclude={"data", "recipe", "tracker"}))


class TestVectors(_Strict):
    """Frames in and out of the model file: arrays f0_scaled, level_scaled, amplitude, harmonic_distribution, noise."""

    __test__ = False
    file: str = Field(description="key in [files]")
    model: str = Field(description="key in [files] of the model they belong to")
    tolerance: float = Field(1e-4, gt=0, le=0.1)


class Manifest(_Strict):
    """The whole of bundle.toml."""

    schema_version: Literal[1]
    id: Identifier = Field(description="reverse DNS, never reused: org.example.violin")
    name: str = Field(min_length=1)
    version: Version
    licence: str = Field(min_length=1)
    authors: list[str] = Field(min_length=1)
    description: str = ""
    effects: list[EffectEntry] = Field(min_length=1)
    files: dict[str, FileEntry]
    trained_on: TrainedOn | None = None
    figures: dict[str, float | str] = {}
    test_vectors: TestVectors | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Manifest:
        symbols = [effect.symbol for effect in self.effects]
        twice = sorted({s for s in symbols if symbols.count(s) > 1})
        if twice:
            raise ValueError(f"two effects share the symbol {twice[0]!r}")
        wanted = [(f"effect {e.symbol!r}", key) for e in self.effects for key in e.files.values()]
        if self.test_vectors:
            wanted += [("test_vectors", self.test_vectors.file), ("test_vectors", self.test_vectors.model)]
        for who, key in wanted:
            if key not in self.files:
                raise ValueError(f"{who} refers to file {key!r}, which [files] does not list")
        return self


def parse_manifest(text: str, label: str) -> Manifest:
    """TOML -> Manifest; raises BundleError that lists every error with its place."""
    try:
        return Manifest.model_validate(tomllib.loads(text))
    except RecursionError:
        raise BundleError(f"{label}: not valid TOML: nested too deeply") from None
    except ValidationError as error:
        raise BundleError(f"{label}: {breaches(error)}") from None
    # TOMLDecodeError is a ValueError, and so is the error for an integer of 5,000 digits. pydantic's is caught above.
    except ValueError as error:
        raise BundleError(f"{label}: not valid TOML: {error}") from None


def breaches(error: ValidationError) -> str:
    """All errors found by pydantic in one line: the place, what was expected, what was found."""
    return "; ".join(_reason(item) for item in error.errors())


def _reason(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    message = item["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    if item["type"] == "missing":
        return f"{place} is missing"
    if item["type"] == "extra_forbidden":
        return f"{place} is not a key of the schema"
    shown = "" if isinstance(item["input"], dict) else f" (got {_short(item['input'])})"
    return f"{place}: {message}{shown}" if place else message


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle folder; raises BundleError. Loads neither code nor models."""
    path = folder / MANIFEST_NAME
    try:
        text = read_bytes(path, MOST_BYTES, BundleError).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{path}: not UTF-8 text: {error}") from None
    return parse_manifest(text, str(path))


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of bundle.toml, for editors and other languages."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
