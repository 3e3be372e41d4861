# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthesised example sounds: a sung phrase, and a violin phrase in a room.

Both are additive: harmonics of a gliding, vibrating pitch, weighted by formants (voice) or body resonances (violin).
All random numbers are seeded, so the sounds are always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ddsp_fx.array_types import Doubles

RATE_HZ = 44100
Peak = tuple[float, float, float]  # centre in Hz, bandwidth in Hz, gain

# Formants of a tenor: Peterson and Barney 1952, table II (men), with the singer's formant added at 2.9 kHz.
VOWELS: dict[str, Sequence[Peak]] = {
    "a": ((730, 90, 1.0), (1090, 110, 0.5), (2440, 160, 0.12), (2900, 180, 0.2)),
    "o": ((570, 80, 1.0), (840, 90, 0.4), (2410, 160, 0.06), (2900, 180, 0.12)),
    "e": ((530, 70, 1.0), (1840, 120, 0.35), (2480, 160, 0.2), (2900, 180, 0.2)),
    "i": ((270, 60, 1.0), (2290, 130, 0.3), (3010, 180, 0.25), (3300, 200, 0.15)),
}
# Main air and wood resonances of a violin body and its bridge hill (after Dunnwald 1991).
BODY: Sequence[Peak] = ((275, 40, 0.8), (460, 60, 1.0), (550, 60, 0.9), (1150, 250, 0.5), (2500, 1200, 0.7))


@dataclass(frozen=True)
class Note:
    """Pitch as MIDI, length and rest after it in s, level 0..1, and the vowel it is sung on."""

    midi: float
    seconds: float
    rest_s: float = 0.0
    level: float = 0.8
    vowel: str = "a"
    consonant: bool = False


SUNG = (
    Note(52, 0.55, level=0.7, vowel="a", consonant=True),
    Note(55, 0.45, level=0.8, vowel="o"),
    Note(57, 0.9, 0.25, 0.9, "e"),
    Note(59, 0.4, level=0.8, vowel="a", consonant=True),
    Note(57, 0.35, level=0.75, vowel="o"),
    Note(55, 0.35, level=0.7, vowel="e"),
    Note(52, 1.3, 0.6, 0.8, "a"),
)
BOWED = (
    Note(67, 0.5, level=0.7),
    Note(71, 0.35, level=0.8),
    Note(74, 0.8, 0.1, 0.9),
    Note(72, 0.3, level=0.7),
    Note(71, 0.3, level=0.75),
    Note(69, 0.3, level=0.7),
    Note(67, 1.4, 1.5, 0.85),
)


def pitch_and_level(
    notes: Sequence[Note], glide_s: float, vibrato_cents: float, fade_s: float
) -> tuple[Doubles, Doubles]:
    """f0 in Hz and amplitude per sample: notes that glide into each other, with vibrato that grows within a note."""
    midi, level, vibrato = [], [], []
    for note in notes:
        n, rest = int(note.seconds * RATE_HZ), int(note.rest_s * RATE_HZ)
        t = np.arange(n) / RATE_HZ
        midi.append(np.full(n + rest, note.midi))
        swell = note.level * (0.85 + 0.15 * np.sin(np.pi * t / note.seconds))
        level.append(np.concatenate([swell, np.zeros(rest)]))
        vibrato.append(np.concatenate([np.clip((t - 0.15) / 0.25, 0, 1), np.zeros(rest)]))
    depth, time = smooth(np.concatenate(vibrato), 0.05), np.arange(sum(len(m) for m in midi)) / RATE_HZ
    wobble = vibrato_cents / 100.0 * depth * np.sin(2 * np.pi * 5.6 * time + 0.7 * np.sin(2 * np.pi * 0.9 * time))
    f0 = 440.0 * 2.0 ** ((smooth(np.concatenate(midi), glide_s) + wobble - 69.0) / 12.0)
    return f0, smooth(np.concatenate(level), fade_s)


def smooth(signal: Doubles, seconds: float) -> Doubles:
    """Raised-cosine moving average; the edge values are extended."""
    window = np.hanning(max(int(2 * seconds * RATE_HZ), 3))
    half = len(window) // 2
    padded = np.pad(signal, (half, len(window) - 1 - half), mode="edge")
    averaged: Doubles = np.convolve(padded, window / window.sum(), mode="valid")
    return averaged


def resonances(hz: Doubles, peaks: Sequence[Peak], floor: float = 0.01) -> Doubles:
    """Gain of a bank of resonances at each frequency in Hz."""
    total = np.full_like(hz, floor)
    for centre, width, gain in peaks:
        total += gain / np.sqrt(1.0 + ((hz - centre) / (width / 2.0)) ** 2)
    return total


def harmonics(f0: Doubles, level: Doubles, tilt: float, gain: Callable[[Doubles], Doubles]) -> Doubles:
    """Sum over k of level * k^-tilt * gain(k f0) * sin(k phase), up to 0.9 Nyquist."""
    phase = 2 * np.pi * np.cumsum(f0) / RATE_HZ
    out = np.zeros_like(f0)
    for k in range(1, int(0.45 * RATE_HZ / f0.min()) + 1):
        hz = k * f0
        audible = np.clip((0.45 * RATE_HZ - hz) / 1000.0, 0, 1)
        out += audible * gain(hz) * k**-tilt * np.sin(k * phase)
    return out * level


def vowel_weights(notes: Sequence[Note]) -> dict[str, Doubles]:
    """The weight of each vowel at each sample, cross-faded over 60 ms."""
    weights = {}
    for vowel in VOWELS:
        parts = [np.full(int(n.seconds * RATE_HZ) + int(n.rest_s * RATE_HZ), float(n.vowel == vowel)) for n in notes]
        weights[vowel] = smooth(np.concatenate(parts), 0.06)
    return weights


def consonants(notes: Sequence[Note], rng: np.random.Generator) -> Doubles:
    """A 70 ms hiss before each note that asks for one."""
    parts = []
    for note in notes:
        n = int(note.seconds * RATE_HZ) + int(note.rest_s * RATE_HZ)
        burst = np.zeros(n)
        if note.consonant:
            size = int(0.07 * RATE_HZ)
            burst[:size] = np.hanning(size) * np.diff(rng.standard_normal(size + 1)) * 0.06
        parts.append(burst)
    return np.concatenate(parts)


def sing(notes: Sequence[Note] = SUNG, seed: int = 3) -> Doubles:
    """The sung phrase, (samples,), peak 0.5, with half a second of silence at the end."""
    rng = np.random.default_rng(seed)
    f0, level = pitch_and_level(notes, 0.04, 35.0, 0.04)
    f0 = f0 * (1.0 + 0.002 * smooth(rng.standard_normal(len(f0)) * 20.0, 0.01))
    hiss = consonants(notes, rng)
    voiced_level = level * (1.0 - np.clip(smooth(np.abs(hiss), 0.01) * 60.0, 0, 0.95))
    out = np.zeros_like(f0)
    for vowel, weight in vowel_weights(notes).items():
        peaks = VOWELS[vowel]
        tone = harmonics(f0, voiced_level, 1.2, lambda hz, peaks=peaks: resonances(hz, peaks))  # type: ignore[misc]
        out += weight * tone
    breath = smooth(rng.standard_normal(len(f0)), 0.0001) * level * 0.004
    return finish(out / np.abs(out).max() + hiss + breath)


def bow(notes: Sequence[Note] = BOWED, seed: int = 5) -> Doubles:
    """The violin phrase without a room, (samples,), peak 0.5, with half a second of silence at the end."""
    rng = np.random.default_rng(seed)
    f0, level = pitch_and_level(notes, 0.015, 25.0, 0.03)
    tone = harmonics(f0, level, 0.9, lambda hz: resonances(hz, BODY, 0.05))
    noise = smooth(rng.standard_normal(len(f0)), 0.00008) * level * 0.02
    return finish(tone / np.abs(tone).max() + noise)


def room(seconds: float = 1.2, seed: int = 7) -> Doubles:
    """A small hall: noise whose high bands decay faster (RT60 1.1 s at 250 Hz, 0.5 s at 8 kHz), IR[0] = 0."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    time, out = np.arange(n) / RATE_HZ, np.zeros(n)
    hz = np.fft.rfftfreq(n, 1.0 / RATE_HZ)
    for centre in 125.0 * 2.0 ** np.arange(8):
        spectrum = np.fft.rfft(rng.standard_normal(n))
        band = np.fft.irfft(spectrum * np.exp(-0.5 * (np.log2(np.maximum(hz, 1.0) / centre) / 0.4) ** 2), n)
        rt60_s = 1.1 * (centre / 250.0) ** -0.22
        out += band / np.sqrt((band**2).mean()) * np.exp(-6.91 * time / rt60_s) * (centre / 500.0) ** -0.15
    out *= np.clip((time - 0.008) / 0.004, 0, 1)
    return np.asarray(0.7 * out / np.sqrt((out**2).sum()))


def in_room(dry: Doubles, response: Doubles) -> Doubles:
    """dry + dry convolved with the response, cut to the dry length."""
    size = len(dry) + len(response)
    return dry + np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)[: len(dry)]


def finish(signal: Doubles) -> Doubles:
    """Peak 0.5, 10 ms fade-in, half a second of silence at the end."""
    ramp = np.clip(np.arange(len(signal)) / (0.01 * RATE_HZ), 0, 1)
    ramp = ramp * ramp[::-1]
    return np.concatenate([0.5 * signal * ramp / np.abs(signal).max(), np.zeros(RATE_HZ // 2)])


def reverberant_violin() -> Doubles:
    """The violin phrase in the room, (samples,), peak 0.5."""
    violin = in_room(bow(), room())
    return np.asarray(0.5 * violin / np.abs(violin).max())
