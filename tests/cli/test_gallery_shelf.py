# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gallery shows: installed bundles, their figures, and the user's recordings."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx.bundles.manifest import read_manifest
from ddsp_fx.cli import main
from ddsp_fx.cli.gallery import sources
from ddsp_fx.cli.gallery.models import held_out
from ddsp_fx.cli.gallery.shelf import Shelf

VIOLIN = Path(__file__).parents[2] / "plugins" / "ddsp_fx_plugins" / "violin"


def test_manifests_may_say_little_or_more() -> None:
    assert held_out({}) == held_out({"steps": 5.0, "heldout_f0_outliers": "unknown"}) == {}
    told = {"heldout_f0_outliers": 0.1, "unsupervised_heldout_f0_outliers": 0.2, "heldout_paper_f0_outliers": 0.3}
    assert held_out(told) == {"": {"f0_outliers": 0.1}, "unsupervised": {"f0_outliers": 0.2}}


def _copy(folder: Path) -> None:
    """Copy the violin under another name."""
    shutil.copytree(VIOLIN, folder)
    data = read_manifest(VIOLIN).model_dump(exclude_none=True)
    data |= {"id": f"org.example.{folder.name}", "name": folder.name}
    for effect in data["effects"]:
        effect["symbol"] = effect["symbol"].replace("violin", folder.name)
    (folder / "bundle.toml").write_text(tomli_w.dumps(data))


def test_what_is_installed_is_found_and_paired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bassoon", "bassoon-full", "half-full"):
        _copy(tmp_path / name)
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path))
    shelf = Shelf()
    symbols = [item.symbol for item in shelf.instruments]
    # half-full is not a full model, because there is no half.
    assert symbols[0] == "violin"
    assert {"bassoon", "half-full"} <= set(symbols)
    assert "bassoon-full" not in symbols
    assert ("bassoon", "bassoon-full") in [(tiny.symbol, full.symbol) for tiny, full in shelf.pairs]
    assert "bassoon-full-room" not in [item.symbol for item in shelf.rooms]
    assert shelf.rooms[0].symbol == "violin-room"


def test_full_models_and_other_instruments_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ddsp_fx.cli.gallery.instruments import transfer
    from ddsp_fx.cli.gallery.models import tiny_and_full
    from ddsp_fx.cli.gallery.studio import GalleryStudio

    for name in ("violin-full", "bassoon"):
        _copy(tmp_path / "bundles" / name)
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "bundles"))
    for name in ("sounds", "pictures"):
        (tmp_path / name).mkdir()
    sung = sources.Sound(tone(1.0, 16000, 150.0)[0], 16000.0, 1.0, "a tone")
    studio = GalleryStudio(tmp_path, Shelf(), sung, sung)
    sizes = tiny_and_full(studio).all_figures()
    assert sizes["violin: model MiB"] == sizes["violin-full: model MiB"] > 0.5
    assert sizes["violin-full: x real time"] > 0.0
    figures = transfer(studio).all_figures()
    assert figures["violin: median pitch error cents"] <= 20.0
    assert figures["bassoon: octaves"] >= 1.0
    assert figures["bassoon: median pitch error cents"] <= 20.0


def test_a_shelf_without_bundles_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ddsp_fx.bundles.discovery.installed", lambda group: [])
    assert main(["gallery", str(tmp_path / "out"), "--seconds", "2"]) == 0
    out = capsys.readouterr().out
    assert "Timbre transfer" in out
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "No instrument (timbre_transfer) is installed" in text
    assert "No manifest has figures" in text


def test_recordings_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    with AudioFile(str(path), "w", 48000, 2) as file:
        file.write(tone(3.0, 48000, 300.0, channels=2))
    own = sources.own(path, 2.0)
    assert (own.rate_hz, own.ends_s, own.name, own.dry) == (48000.0, 2.0, "take.wav", None)
    assert own.seconds == pytest.approx(3.0)
    assert not own.audio[96000:].any()
    assert np.abs(own.audio[:90000]).max() > 0.2


def test_a_shortened_phrase_ends_in_silence() -> None:
    sung, played = sources.sung(2.5), sources.bowed(2.5)
    assert (sung.seconds, played.seconds) == pytest.approx((2.5, 2.5))
    assert not sung.audio[round(sung.ends_s * sung.rate_hz) :].any()
    assert played.dry is not None
    after = slice(round(played.ends_s * played.rate_hz), None)
    assert not played.dry[after].any()
    assert played.audio[after].any()
