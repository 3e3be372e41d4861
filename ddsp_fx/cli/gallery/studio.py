# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes exhibits from the input sounds and the installed effects, and writes them to the folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.cli.audio_files import output_file
from ddsp_fx.cli.gallery import drawings
from ddsp_fx.cli.gallery.exhibits import Exhibit, Figures
from ddsp_fx.cli.gallery.measures import peak_dbfs
from ddsp_fx.cli.gallery.shelf import Shelf
from ddsp_fx.cli.gallery.sources import Sound

BIT_DEPTH = 16
CEILING = 0.98


@dataclass
class Wall:
    """The exhibits of one section, with a common rate, colour scale and time axis.

    Args:
        folder: contains folders `sounds` and `pictures`; every file is written completely or not at all.
        rate_hz: of all sounds.
        reference: (samples,), whose loudest bin is the top of the colour scale; by default, each sound has its own
            scale. span_s: length of the time axis; by default, the length of each sound.
    """

    folder: Path
    rate_hz: float
    reference: Audio | None = None
    span_s: float | None = None
    exhibits: list[Exhibit] = field(default_factory=list)

    def hang(self, slug: str, title: str, audio: Audio, text: str = "", figures: Figures | None = None) -> None:
        """Add a sound (samples,) or (channels, samples) with its spectrogram and figures; lowered if it would clip."""
        gain = min(1.0, CEILING / max(float(np.abs(audio).max(initial=0.0)), CEILING))
        rows = np.atleast_2d(audio) * np.float32(gain)
        sound, picture = f"sounds/{slug}.flac", f"pictures/{slug}.png"
        with output_file(self.folder / sound, self.rate_hz, rows.shape[0], BIT_DEPTH) as output:
            output.write(rows)
        mono = rows.mean(axis=0)
        drawings.spectrogram(self.folder / picture, mono, self.rate_hz, self.reference, self.span_s)
        if gain < 1.0:
            text = f"{text} Lowered by {-20 * np.log10(gain):.1f} dB to fit.".strip()
        self.exhibits.append(Exhibit(title, text, sound, picture, {**(figures or {}), "peak dBFS": peak_dbfs(rows)}))

    def draw(self, slug: str, title: str, text: str, paint: Callable[[Path], None]) -> None:
        """Add a picture without a sound: `paint` is called with its path."""
        picture = f"pictures/{slug}.png"
        paint(self.folder / picture)
        self.exhibits.append(Exhibit(title, text, None, picture))


@dataclass(frozen=True)
class GalleryStudio:
    """The inputs of every section."""

    folder: Path
    shelf: Shelf
    voice: Sound
    recording: Sound

    def wall(self, sound: Sound, reference: Audio | None = None) -> Wall:
        """A wall for `sound` and sounds made from it; each has its own colour scale unless a reference is given."""
        return Wall(self.folder, sound.rate_hz, sound.audio if reference is None else reference, sound.span_s)
