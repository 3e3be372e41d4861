# SPDX-License-Identifier: GPL-3.0-or-later
"""Cost and accuracy of the models: tiny against full, and the figures in all manifests."""

from __future__ import annotations

from collections.abc import Mapping

from ddsp_fx.array_types import Mono
from ddsp_fx.bundles.evaluation import Subject, resynthesise
from ddsp_fx.cli.gallery.exhibits import Figures, Section, Table
from ddsp_fx.cli.gallery.page import number
from ddsp_fx.cli.gallery.shelf import FULL, Item
from ddsp_fx.cli.gallery.studio import GalleryStudio

# Figure in a manifest, after any prefix -> its heading.
COLUMNS = {
    "loudness_l1": "loudness L1",
    "f0_l1_semitones": "f0 L1 semitones",
    "f0_l1_all_semitones": "f0 L1 with octave errors",
    "f0_outliers": "f0 outliers",
    "spectral_loss": "spectral loss",
}
_KNOWN_PREFIX = "heldout"


def tiny_and_full(studio: GalleryStudio) -> Section:
    """Both sizes of an instrument, on one recording."""
    slug, title = "tiny", "The tiny and the full model"
    if not studio.shelf.pairs:
        text = (
            f"No full model ships. If effects NAME and NAME{FULL} are both installed, they are compared here; "
            f"ddsp-fx train --decoder full --name NAME{FULL} makes one."
        )
        return Section(slug, title, text)
    wall, measured = studio.wall(studio.recording), {}
    for item in [item for pair in studio.shelf.pairs for item in pair]:
        audio, figures = _measured(studio, item)
        wall.hang(f"size_{item.symbol}", item.symbol, audio, figures=figures)
        measured[item.symbol] = figures
    header = ("", *next(iter(measured.values())))
    rows = [(name, *(number(value) for value in figures.values())) for name, figures in measured.items()]
    text = "Both models play one recording. Speed is that of the whole effect on the computer that made this page."
    return Section(slug, title, text, wall.exhibits, [Table(header, rows)])


def _measured(studio: GalleryStudio, item: Item) -> tuple[Mono, Figures]:
    """The resynthesis of the recording, and its size, speed and distance."""
    from ddsp_fx.analysis.resynthesis_figures import compare

    sound = studio.recording
    audio, render_s = resynthesise(Subject(item.bundle, item.symbol, "mcleod"), sound.audio, sound.rate_hz)
    played = round(sound.ends_s * sound.rate_hz)
    nearness = compare(sound.audio[:played], audio[:played], sound.rate_hz, "mcleod")
    model = item.bundle.file(item.bundle.entry(item.symbol).files["model"])
    return audio, {
        "model MiB": model.stat().st_size / 2**20,
        "x real time": sound.seconds / max(render_s, 1e-9),
        **{heading: nearness[name] for name, heading in COLUMNS.items()},
    }


def reconstruction(studio: GalleryStudio) -> Section:
    """Every manifest's figures for held-out recordings, next to the paper's table."""
    from ddsp_fx.analysis.resynthesis_figures import PAPER

    ours = {
        f"{bundle.manifest.name} {name}".strip(): figures
        for bundle in studio.shelf.bundles
        for name, figures in held_out(bundle.manifest.figures).items()
    }
    paper = {f"paper: {name}": figures for name, figures in PAPER.items()}
    rows = [(name, *(_cell(figures, key) for key in COLUMNS)) for name, figures in {**ours, **paper}.items()]
    told = "The manifests' figures for recordings that their models never heard" if ours else "No manifest has figures"
    text = (
        f"{told}, next to table 1 of the paper. The paper's notes are single and sustained, its tracker is CREPE, "
        "and its outliers are frames of low confidence. Ours are phrases in rooms, and our outliers are frames more "
        "than half a semitone off. Supervised models take the pitch from a tracker. The unsupervised model learned to "
        "detect it; autoencoded means that its only input is a recording. ddsp-fx evaluate measures any recording both "
        "ways."
    )
    flat = {f"{name}: {COLUMNS[key]}": value for name, row in ours.items() for key, value in row.items()}
    return Section("reconstruction", "Reconstruction", text, (), [Table(("", *COLUMNS.values()), rows)], flat)


def held_out(figures: Mapping[str, float | str]) -> dict[str, Figures]:
    """A manifest's figures by the prefix of their names; the usual prefix `heldout` becomes ""."""
    found: dict[str, Figures] = {}
    for key, value in figures.items():
        # The paper_ figures define the same quantities differently, and have no column.
        name = next((name for name in COLUMNS if key.endswith(name) and not key.endswith(f"paper_{name}")), None)
        if name is None or not isinstance(value, float):
            continue
        prefix = key.removesuffix(name).strip("_")
        words = " ".join(word for word in prefix.split("_") if word != _KNOWN_PREFIX)
        found.setdefault(words, {})[name] = value
    return found


def _cell(figures: Mapping[str, float], name: str) -> str:
    return number(figures[name]) if name in figures else "-"
