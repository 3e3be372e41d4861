# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a finished run as a bundle: model, room, test vectors, manifest and card, put into place as one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.array_types import Floats
from ddsp_fx.bundles.bundle import file_sha256
from ddsp_fx.bundles.manifest import MANIFEST_NAME, parse_manifest
from ddsp_fx.training import parts
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.export.card import write_card
from ddsp_fx.training.export.placement import Placement
from ddsp_fx.training.export.tflite import PARITY_TOLERANCE, export_decoder, write_vectors

# Input this far below the quietest trained playing is background.
GATE_BELOW_LOW_DB = 25.0


@dataclass(frozen=True)
class FinishedRun:
    """The results of a run."""

    config: TrainConfig
    passages: Sequence[Passage]
    weights: Sequence[Any]
    statistics: parts.Statistics
    response: Floats
    figures: Mapping[str, float | str]
    heldout: Mapping[str, Floats] = field(default_factory=dict)
    """Sounds for the card's picture, (samples,) each: the held-out recording, and the bundle's resynthesis of it."""


def write_bundle(trained: FinishedRun, place: Placement) -> Path:
    """Export, check and describe. An existing bundle is replaced only by one with a valid manifest."""
    with place.staging() as staging:
        exported = _write_model(trained, staging)
        figures = {**trained.figures, "parity_with_keras": exported["parity"]}
        manifest = describe(trained, staging, figures)
        text = _toml(manifest)
        parse_manifest(text, str(place.folder / MANIFEST_NAME))
        (staging / MANIFEST_NAME).write_text(text, encoding="utf-8")
        write_card(staging, manifest, trained.heldout, trained.config.sample_rate)
    return place.folder


def _write_model(trained: FinishedRun, staging: Path) -> dict[str, float]:
    config = trained.config
    description = {
        "decoder": config.decoder,
        "sizes": asdict(config.sizes),
        "statistics": trained.statistics,
        "weights": config.weights,
    }
    exported = export_decoder(list(trained.weights), description, staging / "model.tflite")
    write_vectors(staging / "model.tflite", staging / "test_vectors.npz")
    if trained.response.any():
        write_room(staging / "room.wav", trained.response, config.sample_rate)
    return exported


def write_room(path: Path, response: Floats, sample_rate: int) -> None:
    """The impulse response as a float32 WAV."""
    from pedalboard.io import AudioFile

    with AudioFile(str(path), "w", sample_rate, 1, bit_depth=32) as file:
        file.write(response[np.newaxis])


def describe(trained: FinishedRun, staging: Path, figures: Mapping[str, float | str]) -> dict[str, Any]:
    """The manifest as plain data."""
    config = trained.config
    symbol = config.effect_symbol
    names = {"model": "model.tflite", "test_vectors": "test_vectors.npz", "room": "room.wav"}
    files = {k: {"path": p, "sha256": file_sha256(staging / p)} for k, p in names.items() if (staging / p).is_file()}
    spans = ranges(trained.passages)
    return {
        "schema_version": 1,
        "id": config.identity,
        "name": config.name,
        "version": config.version,
        "licence": config.licence,
        "authors": [config.author],
        "description": _description(config, "room" in files),
        "effects": _effects(config, symbol, spans, "room" in files),
        "files": files,
        "trained_on": _trained_on(trained, spans),
        "figures": dict(figures),
        "test_vectors": {"file": "test_vectors", "model": "model", "tolerance": PARITY_TOLERANCE[config.weights]},
    }


def _trained_on(trained: FinishedRun, spans: Mapping[str, float]) -> dict[str, Any]:
    config = trained.config
    return {
        "data": [_data_source(config, trained.passages)],
        "recipe": config.recipe
        or f"ddsp-fx train, decoder {parts.decoder_of(config.decoder).name}, seed {config.seed}",
        "tracker": "none" if config.learns_pitch else config.tracker,
        "level": config.level,
        "sample_rate": config.sample_rate,
        "hop": config.hop * FEATURE_RATE_HZ // config.sample_rate,
        **spans,
    }


def _description(config: TrainConfig, has_room: bool) -> str:
    learned = "instrument, room, and dereverb, learned from one recording situation"
    text = learned if has_room else "the instrument, learned from dry recordings"
    encoder = parts.encoder_of(config.encoder).kind.card
    return f"{config.name}: {text}. {encoder}" if encoder else f"{config.name}: {text}"


def _data_source(config: TrainConfig, passages: Sequence[Passage]) -> dict[str, Any]:
    seconds = sum(len(passage.audio) for passage in passages) / config.sample_rate
    title = config.title or ", ".join(passage.name for passage in passages)
    data: dict[str, Any] = {"title": title, "author": config.author, "seconds": round(seconds, 1)}
    data["licence"] = config.data_licence or config.licence
    return {**data, "source": config.source} if config.source else data


def ranges(passages: Sequence[Passage]) -> dict[str, float]:
    """Pitch range (1 % and 99 %) and level quantiles (5, 50, 95 %) over the voiced frames."""
    voiced = np.concatenate([passage.confidence >= 0.5 for passage in passages])
    f0_hz = np.concatenate([passage.f0_hz for passage in passages])[voiced]
    level_db = np.concatenate([passage.level_db for passage in passages])[voiced]
    low, high = np.percentile(f0_hz, [1, 99])
    levels = np.percentile(level_db, [5, 50, 95])
    names = ("f0_min_hz", "f0_max_hz", "level_low_db", "level_median_db", "level_high_db")
    return {name: round(float(value), 2) for name, value in zip(names, (low, high, *levels), strict=True)}


def _effects(config: TrainConfig, symbol: str, spans: Mapping[str, float], has_room: bool) -> list[dict[str, Any]]:
    gate = round(max(spans["level_low_db"] - GATE_BELOW_LOW_DB, -80.0), 1)
    sounding = {
        "files": {"model": "model", "room": "room"} if has_room else {"model": "model"},
        "defaults": {"gate": gate},
    }
    instrument = _instrument(config.name, symbol) | sounding
    return (
        [instrument, _room(config.name, symbol), _dereverb(config.name, symbol) | sounding]
        if has_room
        else [instrument]
    )


def _instrument(name: str, symbol: str) -> dict[str, Any]:
    vocal = {"register": "match", "loudness_match": True}
    return {
        "kind": "timbre_transfer",
        "symbol": symbol,
        "name": name,
        "description": f"Any single line played on the {name}",
        "files": {},
        "defaults": {},
        "presets": {"vocal": vocal, "dry": {"room": False}, "tone only": {"noise_gain": -60.0, "room": False}},
    }


def _room(name: str, symbol: str) -> dict[str, Any]:
    return {
        "kind": "learned_reverb",
        "symbol": f"{symbol}-room",
        "name": f"{name} room",
        "description": f"The room that the {name} was recorded in",
        "files": {"room": "room"},
        "defaults": {},
        "presets": {"far": {"mix": 0.6, "pre_delay": 20.0}, "tight": {"mix": 0.25, "decay": 0.5}},
    }


def _dereverb(name: str, symbol: str) -> dict[str, Any]:
    return {
        "kind": "dereverb",
        "symbol": f"{symbol}-dry",
        "name": f"{name} dry",
        "description": f"Takes the room out of recordings of the {name}",
        "files": {},
        "defaults": {},
        "presets": {"half": {"amount": 0.5}},
    }


def _toml(manifest: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(manifest)
