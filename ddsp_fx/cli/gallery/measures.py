# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements of the sounds on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.array_types import Mono

if TYPE_CHECKING:
    from ddsp_fx.analysis.features import Features
    from ddsp_fx.cli.gallery.sources import Sound

_SILENCE = 1e-9


def peak_dbfs(audio: Mono) -> float:
    """Peak of audio of any shape in dBFS; -180 for silence."""
    return _db(float(np.abs(audio).max(initial=0.0)))


def rms_dbfs(audio: Mono) -> float:
    """RMS of audio of any shape in dBFS; -180 for silence."""
    return _db(float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) if audio.size else 0.0)


def _db(value: float) -> float:
    return float(20.0 * np.log10(max(value, _SILENCE)))


def between(audio: Mono, rate_hz: float, start_s: float, end_s: float) -> Mono:
    """The part of (samples,) between two times in s."""
    return audio[round(start_s * rate_hz) : round(end_s * rate_hz)]


def after_the_last_note(audio: Mono, sound: Sound) -> dict[str, float]:
    """RMS of the tail: half a second, beginning 0.2 s after the last note of `sound`."""
    after = between(audio, sound.rate_hz, sound.ends_s + 0.2, sound.ends_s + 0.7)
    return {"0.2 to 0.7 s after the last note, rms dBFS": rms_dbfs(after)}


def pitch_figures(before: Features, after: Features, shift_semitones: float | None = None) -> dict[str, float]:
    """How well `after` keeps the melody of `before`, over frames voiced in both.

    The error is measured against `shift_semitones`. Without it, whole octaves are allowed, and reported.
    """
    n = min(len(before), len(after))
    voiced = before.voiced[:n] & after.voiced[:n]
    kept = float(voiced.sum() / max(int(before.voiced[:n].sum()), 1))
    if not voiced.any():
        return {"voiced kept %": 100.0 * kept}
    semitones = 12.0 * np.log2(after.f0_hz[:n][voiced] / before.f0_hz[:n][voiced])
    octaves = {} if shift_semitones is not None else {"octaves": float(np.round(np.median(semitones) / 12.0)) + 0.0}
    wanted = shift_semitones if shift_semitones is not None else 12.0 * np.round(semitones / 12.0)
    cents = 100.0 * np.abs(semitones - wanted)
    return {"median pitch error cents": float(np.median(cents)), **octaves, "voiced kept %": 100.0 * kept}
