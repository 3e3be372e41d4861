# SPDX-License-Identifier: GPL-3.0-or-later
"""Random controls for the synthesizer, so that the pitch of its sounds is known.

A pitch encoder is first trained on these sounds (Engel et al. 2020, "Self-supervised pitch detection by inverse audio
synthesis"). They are lines of notes with glides, vibrato and rests; falling spectra with random formants; noise; and a
random room, so that notes ring into the next. No recording is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ddsp_fx.array_types import Doubles, Floats
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import phase_and_noise

LOWEST_MIDI, HIGHEST_MIDI = 36.0, 96.0
NOTE_S = (0.08, 0.8)
REST_SHARE = 0.12
DRY_SHARE = 0.3
ROOM_S = 1.0
LESSON_S = 2.0


@dataclass(frozen=True)
class SoundShape:
    """The size of a batch: ``clips`` of ``frames`` frames of ``hop`` samples at ``sample_rate``."""

    clips: int
    frames: int
    hop: int = 320
    sample_rate: int = 16000
    n_harmonics: int = 60
    n_bands: int = 65


def sounds_like(config: TrainConfig, clips: int) -> SoundShape:
    """Return the shape of a lesson with ``clips`` clips at the run's rates."""
    frames = round(LESSON_S * config.frame_rate) + 1
    return SoundShape(clips, frames, config.hop, config.sample_rate, config.n_harmonics, config.n_bands)


def lesson(shape: SoundShape, rng: np.random.Generator) -> tuple[dict[str, Any], Floats]:
    """Return controls; and midi and sounds, stacked: (clips, frames, 2)."""
    controls = draw(shape, rng)
    answers = np.stack([controls.pop("midi"), controls.pop("sounds")], axis=-1)
    return controls, answers


def draw(shape: SoundShape, rng: np.random.Generator) -> dict[str, Any]:
    """Return controls for ``synthesis``, and the drawn values ``midi`` and ``sounds`` (clips, frames)."""
    lines = [_line(shape, rng) for _ in range(shape.clips)]
    midi, sounds = (np.stack(part) for part in zip(*lines, strict=True))
    f0_hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    size = phase_and_noise.table_size(shape.n_harmonics)
    entry, fraction = phase_and_noise.table_places(f0_hz, hop=shape.hop, size=size, sample_rate=shape.sample_rate)
    amplitudes = np.stack([_harmonics(f0, gate, shape, rng) for f0, gate in zip(f0_hz, sounds, strict=True)])
    gain = amplitudes.sum(axis=2, keepdims=True)
    controls = {"amplitudes": amplitudes, "noise_magnitudes": _noise(gain, shape, rng), "response": _room(shape, rng)}
    drawn = {"midi": midi, "sounds": sounds > 0.5}
    places = {"entry": entry, "fraction": fraction}
    noise = {"noise": phase_and_noise.noise_spectra(rng, shape.clips, shape.frames, hop=shape.hop)}
    return places | {name: np.asarray(value, np.float32) for name, value in (controls | drawn | noise).items()}


def _line(shape: SoundShape, rng: np.random.Generator) -> tuple[Doubles, Doubles]:
    """Return midi and whether a note sounds, (frames,) each."""
    rate = shape.sample_rate / shape.hop
    low, high = rng.uniform(LOWEST_MIDI, HIGHEST_MIDI - 12.0, 2)
    high = max(low, high) + 12.0
    midi, sounds, note = np.zeros(shape.frames), np.zeros(shape.frames), rng.uniform(low, high)
    at = 0
    while at < shape.frames:
        length = max(2, round(rate * np.exp(rng.uniform(*np.log(NOTE_S)))))
        note = np.clip(note + rng.normal(0.0, 5.0), low, high)
        midi[at : at + length], sounds[at : at + length] = note, rng.random() >= REST_SHARE
        at += length
    return _moved(midi, rate, rng), sounds


def _moved(midi: Doubles, rate: float, rng: np.random.Generator) -> Doubles:
    """Return a line with added glides of up to 60 ms, vibrato and a slow drift."""
    width = int(rng.integers(1, 4))
    glided = np.convolve(np.pad(midi, width, mode="edge"), np.ones(width) / width, mode="same")[width:-width]
    time_s = np.arange(len(midi)) / rate
    depth = rng.choice([0.0, rng.uniform(0.0, 0.5)]) * (0.5 + 0.5 * np.sin(2 * np.pi * (0.7 * time_s + rng.random())))
    vibrato = depth * np.sin(2 * np.pi * (rng.uniform(4.0, 7.5) * time_s + rng.random()))
    drift = rng.normal(0.0, 0.3) + np.cumsum(rng.normal(0.0, 0.02, len(midi)))
    moved: Doubles = np.clip(glided + vibrato + drift, LOWEST_MIDI, HIGHEST_MIDI)
    return moved


def _harmonics(f0_hz: Doubles, sounds: Doubles, shape: SoundShape, rng: np.random.Generator) -> Floats:
    """Return amplitudes (frames, n_harmonics): a slope, formants at fixed frequencies, and random harmonic levels."""
    number = np.arange(1, shape.n_harmonics + 1)
    octaves = np.log2(f0_hz[:, None] * number / 50.0)
    level_db = -rng.uniform(2.0, 15.0) * np.log2(number) + rng.normal(0.0, 4.0, shape.n_harmonics)
    level_db = level_db + sum(
        rng.normal(0.0, 10.0) * np.exp(-(((octaves - rng.uniform(0.5, 7.0)) / rng.uniform(0.15, 1.0)) ** 2))
        for _ in range(6)
    )
    level_db = level_db + _wander(shape.frames, 3.0, rng)[:, None] * np.log2(number) / 5.0
    amplitude = 10.0 ** (level_db / 20.0) * phase_and_noise.audible(
        f0_hz, n_harmonics=shape.n_harmonics, sample_rate=shape.sample_rate
    )
    amplitude /= np.maximum(amplitude.sum(axis=1, keepdims=True), 1e-6)
    gain_db = rng.uniform(-30.0, 0.0) + _wander(shape.frames, 6.0, rng)
    return (amplitude * (10.0 ** (gain_db / 20.0) * sounds)[:, None]).astype(np.float32)


def _noise(gain: Floats, shape: SoundShape, rng: np.random.Generator) -> Floats:
    """Return magnitudes (clips, frames, n_bands): hiss, and breath that follows the note's amplitude ``gain``."""
    band = np.linspace(0.0, 1.0, shape.n_bands)
    slope_db = rng.uniform(-40.0, 5.0, (shape.clips, 1, 1)) * band
    hiss_db = rng.uniform(-90.0, -55.0, (shape.clips, 1, 1))
    breath = gain * 10.0 ** (rng.uniform(-55.0, -15.0, (shape.clips, 1, 1)) / 20.0)
    return ((breath + 10.0 ** (hiss_db / 20.0)) * 10.0 ** (slope_db / 20.0)).astype(np.float32)


def _room(shape: SoundShape, rng: np.random.Generator) -> Floats:
    """Return the wet part of a room for the batch, (1, taps): decaying noise, or nothing."""
    taps = round(ROOM_S * shape.sample_rate)
    time_s = np.arange(taps) / shape.sample_rate
    tail = rng.standard_normal(taps) * 10.0 ** (-3.0 * time_s / rng.uniform(0.2, 2.0))
    tail *= 10.0 ** (rng.uniform(-20.0, 3.0) / 20.0) / np.sqrt(np.sum(tail**2))
    return np.asarray(tail[None] * (rng.random() >= DRY_SHARE), np.float32)


def _wander(frames: int, deviation: float, rng: np.random.Generator) -> Doubles:
    """Return a slow random curve, (frames,), in dB."""
    knots = rng.normal(0.0, deviation, frames // 10 + 2)
    return np.interp(np.arange(frames) / 10.0, np.arange(len(knots)), knots)
