# SPDX-License-Identifier: GPL-3.0-or-later
"""A learned room: removed from its instrument, and applied to a voice."""

from __future__ import annotations

from typing import Any

import numpy as np

from ddsp_fx.array_types import Mono
from ddsp_fx.cli.gallery import drawings
from ddsp_fx.cli.gallery.exhibits import Figures, Section
from ddsp_fx.cli.gallery.measures import after_the_last_note, between, rms_dbfs
from ddsp_fx.cli.gallery.shelf import Item
from ddsp_fx.cli.gallery.sources import Sound
from ddsp_fx.cli.gallery.studio import GalleryStudio, Wall

METHODS = {
    "suppress": "The recording itself, with the room's tail attenuated.",
    "resynthesise": "The paper's method: the model plays the recording again, without the room.",
}
MIX = 0.3


def dereverberation(studio: GalleryStudio) -> Section:
    """The recording without its room by both methods, next to the dry original if there is one."""
    slug, title = "dereverb", "Dereverberation"
    if not studio.shelf.dereverbs:
        return Section(slug, title, "No dereverb effect is installed, so there is nothing to show.")
    item, sound = studio.shelf.dereverbs[0], studio.recording
    wall = studio.wall(sound)
    wall.hang("reverberant", "In its room", sound.audio, sound.name, _levels(sound.audio, sound))
    for method, text in METHODS.items():
        out = item.make(method=method).render(sound.audio, sound.rate_hz, tail=False)
        wall.hang(f"dry_{method}", method, out, text, _levels(out, sound))
    if sound.dry is not None:
        wall.hang("dry_truth", "Before the room", sound.dry, "The dry original.", _levels(sound.dry, sound))
    text = (
        f"The effect {item.symbol} knows the instrument and the room separately. It was trained in one room; the more "
        "similar a recording's room is, the better it removes it."
    )
    return Section(slug, title, text, wall.exhibits)


def _levels(audio: Mono, sound: Sound) -> Figures:
    notes = rms_dbfs(between(audio, sound.rate_hz, 0.0, sound.ends_s))
    return {"notes rms dBFS": notes} | after_the_last_note(audio, sound)


def acoustic_transfer(studio: GalleryStudio) -> Section:
    """A voice in every installed room."""
    slug, title, sound = "acoustics", "Acoustic transfer", studio.voice
    if not studio.shelf.rooms:
        return Section(slug, title, "No learned room is installed, so there is nothing to show.")
    wall = studio.wall(sound)
    wall.hang("voice_dry", "The voice", sound.audio, sound.name, _levels(sound.audio, sound))
    for item in studio.shelf.rooms:
        _hang_room(wall, item, sound)
    _hang_alone(wall, studio.shelf.rooms[0], sound)
    text = "A voice in the room of an instrument's recording. A room with one learned response is widened to stereo."
    return Section(slug, title, text, wall.exhibits)


def _hang_room(wall: Wall, item: Item, sound: Sound) -> None:
    """The voice in the room, at a common mix."""
    from ddsp_fx.dsp.decay import decay_times

    response = _response(item, sound.rate_hz)
    out = item.make(mix=MIX).render(np.stack([sound.audio, sound.audio]), sound.rate_hz)
    figures = {"reverberation time s": decay_times(response, sound.rate_hz).rt60_s}
    figures |= _levels(out.mean(axis=0), sound)
    wall.hang(f"in_{item.symbol}", f"In {item.symbol}", out, f"Mix {MIX:g}.", figures)


def _hang_alone(wall: Wall, item: Item, sound: Sound) -> None:
    """The wet signal alone, and the impulse response."""
    wet = item.make(mix=1.0).render(np.stack([sound.audio, sound.audio]), sound.rate_hz)
    title = f"{item.symbol} alone"
    wall.hang(f"only_{item.symbol}", title, wet, "Mix 1.", _levels(wet.mean(axis=0), sound))
    response = _response(item, sound.rate_hz)
    title = f"How {item.symbol} decays"
    text = "The learned impulse response."
    wall.draw(f"decay_{item.symbol}", title, text, lambda path: drawings.decay(path, response, sound.rate_hz))


def _response(item: Item, rate_hz: float) -> Mono:
    """The room's left path, (taps,)."""
    room: Any = item.make()
    left: Mono = room.impulse_response(rate_hz, channels=2)[0]
    return left
