# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the gallery from the arguments: inputs, sections in the paper's order, the page, and the printed figures."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from ddsp_fx import __version__
from ddsp_fx.cli import pictures
from ddsp_fx.cli.gallery import instruments, models, rooms, sources, synthesis
from ddsp_fx.cli.gallery.exhibits import Section
from ddsp_fx.cli.gallery.page import number, page
from ddsp_fx.cli.gallery.shelf import Shelf
from ddsp_fx.cli.gallery.studio import GalleryStudio
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.errors import AudioError
from ddsp_fx.files.made_folder import made_folder
from ddsp_fx.files.names import printable
from ddsp_fx.files.replace import write_file


def run(arguments: Namespace) -> int:
    """Check everything that can be checked before the first sound is made, then build."""
    seconds, folder = arguments.seconds, Path(arguments.folder)
    sources.check_seconds(seconds)
    pictures.pyplot()
    given = [sources.own(Path(file), seconds) if file else None for file in (arguments.voice, arguments.recording)]
    index = folder / "index.html"
    with made_folder(folder, "gallery", arguments.replace):
        _make(folder)
        voice, recording = given[0] or sources.sung(seconds), given[1] or sources.bowed(seconds)
        sections = _sections(GalleryStudio(folder, Shelf(), voice, recording), seconds)
        write_file(index, page(sections, _footer(voice, recording)))
    _report(sections, index, arguments.json)
    return 0


def _make(folder: Path) -> None:
    try:
        for place in (folder / "sounds", folder / "pictures"):
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(f"{folder}: cannot be created: {error.strerror}; name another folder") from None


def _sections(studio: GalleryStudio, seconds: float | None) -> list[Section]:
    makers: list[Callable[[], Section]] = [
        lambda: synthesis.additive(studio, seconds),
        lambda: instruments.decomposition(studio),
        lambda: instruments.transfer(studio),
        lambda: instruments.extrapolation(studio),
        lambda: rooms.dereverberation(studio),
        lambda: rooms.acoustic_transfer(studio),
        lambda: synthesis.phases(studio),
        lambda: models.tiny_and_full(studio),
        lambda: models.reconstruction(studio),
    ]
    made = []
    with progress_bar("gallery", len(makers)) as advance:
        for make in makers:
            made.append(make())
            advance(1)
    return made


def _footer(voice: sources.Sound, recording: sources.Sound) -> str:
    return f"Voice: {voice.name}. Recording: {recording.name}. Made by ddsp-fx {__version__}."


def _report(sections: Sequence[Section], index: Path, as_json: bool) -> None:
    figures = {section.slug: section.all_figures() for section in sections}
    if as_json:
        finite = {slug: {k: v if math.isfinite(v) else None for k, v in f.items()} for slug, f in figures.items()}
        print_json({"page": str(index), "figures": finite})
        return
    for section in sections:
        print(f"{section.title}")
        for name, value in figures[section.slug].items():
            print(f"  {name}: {number(value)}")
    print(f"open {printable(index)}")
