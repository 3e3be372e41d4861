# SPDX-License-Identifier: GPL-3.0-or-later
"""An instrument's model: taken apart, played by a voice, and played below its range."""

from __future__ import annotations

from typing import Any

import numpy as np

from ddsp_fx.array_types import Mono
from ddsp_fx.cli.gallery import drawings
from ddsp_fx.cli.gallery.exhibits import Section
from ddsp_fx.cli.gallery.measures import after_the_last_note, peak_dbfs, pitch_figures, rms_dbfs
from ddsp_fx.cli.gallery.shelf import FIRST, Item
from ddsp_fx.cli.gallery.sources import Sound
from ddsp_fx.cli.gallery.studio import GalleryStudio, Wall

Curve = tuple[Mono, Mono]
NOTHING = "No instrument (timbre_transfer) is installed, so there is nothing to show."
VOICE_SHIFT = 24
EXTRAPOLATED = {-12: "An octave down", -24: "Two octaves down"}
_COMPARED = ("f0_l1_semitones", "f0_outliers", "voiced_kept", "loudness_l1", "spectral_loss")


def decomposition(studio: GalleryStudio) -> Section:
    """A recording, its resynthesis, and the resynthesis in its three parts."""
    from ddsp_fx.analysis.resynthesis_figures import compare

    slug, title, sound = "decomposition", "Modular decomposition", studio.recording
    if not studio.shelf.instruments:
        return Section(slug, title, NOTHING)
    item = studio.shelf.instruments[0]
    effect: Any = item.make()
    whole, parts = effect.render(sound.audio, sound.rate_hz), effect.stems(sound.audio, sound.rate_hz)
    played = round(sound.ends_s * sound.rate_hz)
    measured = compare(sound.audio[:played], whole[:played], sound.rate_hz, "mcleod")
    wall = studio.wall(sound, whole)
    wall.hang("original", "Original", sound.audio, sound.name)
    figures = {name.replace("_", " "): measured[name] for name in _COMPARED}
    wall.hang("resynthesis", "Resynthesis", whole, f"{item.symbol} plays the recording.", figures)
    for part in ("harmonic", "noise", "room"):
        levels = {"rms dBFS": rms_dbfs(parts[part])} | after_the_last_note(parts[part], sound)
        wall.hang(part, part.capitalize(), parts[part], figures=levels)
    left = peak_dbfs(whole - parts["harmonic"] - parts["noise"] - parts["room"])
    text = (
        "A model knows only the pitch and loudness of a recording, fifty times a second. Tone, noise and room are "
        "separate signals that add up to the whole. All pictures have the scale of the whole."
    )
    return Section(slug, title, text, wall.exhibits, figures={"whole minus parts, peak dBFS": left})


def transfer(studio: GalleryStudio) -> Section:
    """One voice on every instrument."""
    slug, title, sound = "transfer", "Timbre transfer", studio.voice
    if not studio.shelf.instruments:
        return Section(slug, title, NOTHING)
    wall = studio.wall(sound)
    wall.hang("voice", "The voice", sound.audio, sound.name)
    wall.reference = None
    for item in studio.shelf.instruments:
        _hang_transfer(wall, item, sound)
    text = "Instruments play the pitch and loudness of a voice they never heard. Its vibrato and glides are kept."
    return Section(slug, title, text, wall.exhibits)


def _hang_transfer(wall: Wall, item: Item, sound: Sound) -> None:
    """The violin two octaves up, as in the paper; any other instrument in its own range."""
    from ddsp_fx.analysis.features import extract

    if item.symbol == FIRST:
        shift, effect, text = VOICE_SHIFT, item.make(pitch_shift=VOICE_SHIFT), "Two octaves up."
    else:
        shift, effect = None, item.make(register="match", loudness_match=True)
        text = "Transposed by octaves into its range, at its own loudness."
    out = effect.render(sound.audio, sound.rate_hz)
    figures = pitch_figures(extract(sound.audio, sound.rate_hz), extract(out, sound.rate_hz), shift)
    figures["last 50 ms, peak dBFS"] = peak_dbfs(out[-round(0.05 * sound.rate_hz) :])
    wall.hang(f"as_{item.symbol}", item.symbol, out, text, figures)


def extrapolation(studio: GalleryStudio) -> Section:
    """The first instrument, below the range of its training data."""
    slug, title = "extrapolation", "Beyond the trained range"
    if not studio.shelf.instruments:
        return Section(slug, title, NOTHING)
    item, wall = studio.shelf.instruments[0], studio.wall(studio.recording)
    trained = item.bundle.manifest.trained_on
    lowest_hz = trained.f0_min_hz if trained else 0.0
    wall.reference = None
    curves = {name: _hang_lower(wall, item, studio.recording, shift, lowest_hz) for shift, name in EXTRAPOLATED.items()}
    text = "The pitch as played. Dotted: the lowest pitch in the training data."
    wall.draw("melodies", "The melodies", text, lambda path: drawings.melodies(path, curves, lowest_hz))
    text = (
        f"The recording on {item.symbol}, one and two octaves down; {_learned_from(lowest_hz)}. "
        "The oscillators can play any pitch; the network has to guess how an instrument sounds there."
    )
    return Section(slug, title, text, wall.exhibits)


def _learned_from(lowest_hz: float) -> str:
    return f"the lowest pitch it learned is {lowest_hz:.0f} Hz" if lowest_hz else "its trained range is unknown"


def _hang_lower(wall: Wall, item: Item, sound: Sound, shift: int, lowest_hz: float) -> Curve:
    """One transposition; returns its measured melody, up to the end of the last note."""
    from ddsp_fx.analysis.features import extract

    out = item.make(pitch_shift=shift).render(sound.audio, sound.rate_hz)
    before, after = extract(sound.audio, sound.rate_hz), extract(out, sound.rate_hz)
    asked_hz = before.f0_hz[before.voiced] * 2.0 ** (shift / 12.0)
    below = {"frames below the range %": 100.0 * float((asked_hz < lowest_hz).mean()) if asked_hz.size else 0.0}
    wall.hang(f"down_{-shift}", EXTRAPOLATED[shift], out, figures=below | pitch_figures(before, after, shift))
    time_s = np.arange(len(after), dtype=np.float32) / 50.0
    heard = after.voiced & (time_s <= sound.ends_s)
    return time_s, np.where(heard, after.f0_hz, np.float32(np.nan))
