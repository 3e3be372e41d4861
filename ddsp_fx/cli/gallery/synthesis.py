# SPDX-License-Identifier: GPL-3.0-or-later
"""Demonstrations without a model: the additive synthesizer played by hand, and a loss that ignores phase."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ddsp_fx.array_types import Doubles, Mono
from ddsp_fx.cli.gallery import drawings
from ddsp_fx.cli.gallery.exhibits import Figures, Section, Table
from ddsp_fx.cli.gallery.measures import rms_dbfs
from ddsp_fx.cli.gallery.sources import RATE_HZ
from ddsp_fx.cli.gallery.studio import GalleryStudio, Wall

FRAMES_A_SECOND = 50
N_HARMONICS = 40
ADDITIVE_S = 4.0
# The paper's loss works at this rate; 16 harmonics of A4 fill its bandwidth.
FIRST_PHASE = "all in phase"
PHASE_RATE_HZ, PHASE_F0_HZ, PHASE_HARMONICS, PHASE_S = 16000.0, 440.0, 16, 2.0


def drawn_controls(seconds: float) -> tuple[Doubles, Doubles, Doubles]:
    """f0 in Hz (frames,), amplitude (frames,), harmonic distribution (frames, harmonics) with rows that sum to 1.

    A rise of an octave with vibrato, a swell, and a spectrum that changes from bright to odd harmonics to dull.
    """
    share = np.linspace(0.0, 1.0, round(seconds * FRAMES_A_SECOND) + 1)
    time_s = share * seconds
    octave = 0.5 - 0.5 * np.cos(np.pi * np.clip((share - 0.25) / 0.3, 0.0, 1.0))
    vibrato = 0.35 * np.clip((share - 0.55) / 0.2, 0.0, 1.0) * np.sin(2.0 * np.pi * 5.5 * time_s)
    f0_hz = 220.0 * 2.0 ** (octave + vibrato / 12.0)
    amplitude = 0.5 * np.clip(share / 0.05, 0.0, 1.0) * np.clip((1.0 - share) / 0.15, 0.0, 1.0)
    amplitude *= 0.6 + 0.4 * np.sin(np.pi * share)
    k = np.arange(1, N_HARMONICS + 1)
    shapes = np.stack([k**-0.7, (k % 2) * k**-1.0 + 1e-4, np.exp(-0.9 * (k - 1.0))])
    shapes /= shapes.sum(axis=1, keepdims=True)
    place = np.clip(3.0 * share - 0.5, 0.0, 2.0)[:, np.newaxis]
    weights = np.clip(1.0 - np.abs(place - np.arange(3)), 0.0, 1.0)
    return f0_hz, amplitude, weights @ shapes


def additive(studio: GalleryStudio, seconds: float | None) -> Section:
    """Three curves drawn by hand, and the sound that the harmonic oscillator makes of them."""
    from ddsp_fx.dsp.frames import FrameGrid
    from ddsp_fx.dsp.harmonic import HarmonicOscillator

    f0_hz, amplitude, distribution = drawn_controls(min(seconds or ADDITIVE_S, ADDITIVE_S))
    oscillator = HarmonicOscillator(FrameGrid(RATE_HZ), N_HARMONICS, ceiling_hz=RATE_HZ / 2.0)
    harmonics = amplitude[:, np.newaxis] * distribution
    audio = np.concatenate([oscillator.push(float(f0), row) for f0, row in zip(f0_hz, harmonics, strict=True)])
    wall, time_s = Wall(studio.folder, RATE_HZ), np.arange(len(f0_hz)) / FRAMES_A_SECOND
    text = "Pitch, amplitude, and the share of each harmonic."
    wall.draw(
        "controls", "Drawn by hand", text, lambda path: drawings.controls(path, time_s, f0_hz, amplitude, distribution)
    )
    wall.hang("additive", "Synthesised", audio, figures=_followed(audio, f0_hz, amplitude, harmonics))
    text = (
        "The instrument is nothing but a bank of oscillators: its controls are curves that people can draw, read and "
        "change. A network only has to predict them."
    )
    return Section("additive", "The additive synthesizer", text, wall.exhibits)


def _followed(audio: Mono, f0_hz: Doubles, amplitude: Doubles, harmonics: Doubles) -> Figures:
    """Median differences between the drawn pitch and level and those measured in the sound."""
    from ddsp_fx.analysis.features import extract

    heard = extract(audio, RATE_HZ)
    n = min(len(heard), len(f0_hz))
    loud = heard.voiced[:n] & (amplitude[:n] > 0.1 * amplitude.max())
    cents = 1200.0 * np.abs(np.log2(heard.f0_hz[:n][loud] / f0_hz[:n][loud]))
    hop = round(RATE_HZ / FRAMES_A_SECOND)
    levels = np.array([rms_dbfs(audio[max(0, k * hop - hop) : k * hop + hop]) for k in range(n)])
    wanted = 10.0 * np.log10(0.5 * np.square(harmonics[:n]).sum(axis=1) + 1e-12)
    return {
        "median pitch error cents": float(np.median(cents)),
        "median level error dB": float(np.median(np.abs(levels - wanted)[loud])),
    }


def phases(studio: GalleryStudio) -> Section:
    """One note with three choices of phase, and a duller note for scale, compared by two losses."""
    sounds = phase_sounds()
    wall = Wall(studio.folder, PHASE_RATE_HZ, sounds[FIRST_PHASE])
    text = "The same 12 ms of each sound."
    wall.draw("waveforms", "Waveforms", text, lambda path: drawings.waveforms(path, sounds, PHASE_RATE_HZ, 1.0, 0.012))
    for number, (name, audio) in enumerate(sounds.items()):
        wall.hang(f"phase_{number}", name, audio)
    losses = phase_losses(sounds)
    rows = [(f"{name}, against {FIRST_PHASE}", f"{w:.2f}", f"{s:.2f}") for name, (w, s) in losses.items()]
    figures = {f"{name}: waveform L1": waveform for name, (waveform, _) in losses.items()}
    figures |= {f"{name}: spectral loss": spectral for name, (_, spectral) in losses.items()}
    text = (
        "The first three have the same sixteen harmonics at the same levels and sound much alike, but their waveforms "
        "have little in common. The fourth is in phase with the first, but duller. A loss on waveforms (here the mean "
        "difference over the mean size) ranks the dull one nearest; the multi-scale spectral loss ranks the copies "
        "nearest. Most of what it still finds is from windows of 4 ms, too short to separate harmonics 440 Hz apart."
    )
    table = Table(("", "waveform L1", "spectral loss"), rows)
    return Section("phase", "The loss ignores phase", text, wall.exhibits, [table], figures)


def phase_losses(sounds: Mapping[str, Mono]) -> dict[str, tuple[float, float]]:
    """Every sound but the first against the first: mean |difference| over mean |sound|, and the spectral loss."""
    from ddsp_fx.dsp.spectral import spectral_distance

    first = sounds[FIRST_PHASE]
    size = float(np.abs(first).mean())
    return {
        name: (float(np.abs(first - audio).mean()) / size, spectral_distance(first, audio))
        for name, audio in sounds.items()
        if name != FIRST_PHASE
    }


def phase_sounds() -> dict[str, Mono]:
    """Name -> (samples,) at 16 kHz: one harmonic note with three choices of phase, and a duller one."""
    k = np.arange(1, PHASE_HARMONICS + 1)
    time_s = np.arange(round(PHASE_S * PHASE_RATE_HZ)) / PHASE_RATE_HZ
    fade = np.clip(np.minimum(time_s, time_s[::-1]) / 0.05, 0.0, 1.0)
    bright, dull = 1.0 / k, np.exp(-k / 4.0) / k
    random = np.random.default_rng(1).uniform(0.0, 2.0 * np.pi, len(k))
    choices = {
        FIRST_PHASE: (bright, np.zeros(len(k))),
        "random phases": (bright, random),
        "quadratic phases": (bright, -np.pi * k**2 / len(k)),  # Schroeder 1970
        "in phase, duller": (dull, np.zeros(len(k))),
    }
    turns = 2.0 * np.pi * PHASE_F0_HZ * k[:, np.newaxis] * time_s
    return {
        name: np.asarray(0.15 * fade * (amplitude @ np.sin(turns + phase[:, np.newaxis])), np.float32)
        for name, (amplitude, phase) in choices.items()
    }
