# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx gallery` at reduced length: its figures, the files its page refers to, and every mistake."""

import contextlib
import io
import json
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx.bundles.manifest import read_manifest
from ddsp_fx.cli import main
from ddsp_fx.cli.gallery import sources
from ddsp_fx.cli.gallery.exhibits import Exhibit, Section, Table
from ddsp_fx.cli.gallery.measures import pitch_figures
from ddsp_fx.cli.gallery.page import number, page
from ddsp_fx.cli.gallery.synthesis import drawn_controls, phase_losses, phase_sounds
from ddsp_fx.files.made_folder import MARK

VIOLIN = Path(__file__).parents[2] / "plugins" / "ddsp_fx_plugins" / "violin"
SLUGS = (
    "additive",
    "decomposition",
    "transfer",
    "extrapolation",
    "dereverb",
    "acoustics",
    "phase",
    "tiny",
    "reconstruction",
)
TAIL = "0.2 to 0.7 s after the last note, rms dBFS"


class Sources(HTMLParser):
    """The files that a page asks the browser to load, and the ids that its links name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.files: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.files += [values["src"] or ""] if "src" in values else []
        self.links += [values["href"] or ""] if "href" in values else []
        self.ids |= {values["id"] or ""} if "id" in values else set()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("gallery") / "deeper" / "out"
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv("XDG_DATA_HOME", str(folder.parent / "data"))
        patch.delenv("DDSP_FX_PATH", raising=False)
        assert main(["gallery", str(folder), "--seconds", "2.5", "--json"]) == 0
    return folder, json.loads(out.getvalue())["figures"]


def _read(path: Path) -> np.ndarray:
    with AudioFile(str(path)) as file:
        return file.read(file.frames)


def _whole(folder: Path, slug: str) -> np.ndarray:
    return _read(folder / "sounds" / f"{slug}.flac")[0]


def test_the_page_has_every_section_and_what_it_refers_to(gallery: tuple[Path, dict[str, Any]]) -> None:
    folder, figures = gallery
    found = Sources((folder / "index.html").read_text(encoding="utf-8"))
    assert set(SLUGS) <= found.ids
    assert list(figures) == list(SLUGS)
    assert sorted(found.links) == sorted(f"#{slug}" for slug in SLUGS)
    assert "script" not in found.tags
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(found.files) == on_disk - {"index.html", MARK}
    assert len(found.files) == len(set(found.files))


def test_every_sound_is_finite_and_fits(gallery: tuple[Path, dict[str, Any]]) -> None:
    sounds = sorted((gallery[0] / "sounds").iterdir())
    assert len(sounds) >= 20
    for path in sounds:
        audio = _read(path)
        assert np.isfinite(audio).all(), path.name
        assert 0.01 < np.abs(audio).max() < 1.0, path.name


def test_pitch_is_kept(gallery: tuple[Path, dict[str, Any]]) -> None:
    figures = gallery[1]
    assert figures["additive"]["Synthesised: median pitch error cents"] <= 20.0
    assert figures["additive"]["Synthesised: median level error dB"] <= 0.5
    assert figures["transfer"]["violin: median pitch error cents"] <= 20.0
    assert figures["transfer"]["violin: voiced kept %"] >= 80.0
    for name in ("An octave down", "Two octaves down"):
        assert figures["extrapolation"][f"{name}: median pitch error cents"] <= 20.0
    assert figures["extrapolation"]["Two octaves down: frames below the range %"] == 100.0
    assert figures["decomposition"]["Resynthesis: f0 l1 semitones"] <= 0.2


def test_the_parts_add_up_and_the_room_outlasts_them(gallery: tuple[Path, dict[str, Any]]) -> None:
    folder, figures = gallery
    assert figures["decomposition"]["whole minus parts, peak dBFS"] < -120.0
    # 1.8 s after the last note, only the room still sounds.
    late = slice(round(3.1 * sources.RATE_HZ), round(3.3 * sources.RATE_HZ))
    parts = {name: np.abs(_whole(folder, name)[late]).max() for name in ("harmonic", "noise", "room")}
    assert parts["harmonic"] == parts["noise"] == 0.0
    assert parts["room"] > 0.0


def test_silence_stays_silent(gallery: tuple[Path, dict[str, Any]]) -> None:
    figures = gallery[1]
    assert figures["transfer"]["violin: last 50 ms, peak dBFS"] < -90.0
    assert figures["acoustics"][f"The voice: {TAIL}"] < -90.0


def test_a_room_is_added_and_taken_away(gallery: tuple[Path, dict[str, Any]]) -> None:
    figures = gallery[1]
    assert figures["acoustics"][f"In violin-room: {TAIL}"] > -70.0
    assert 0.2 < figures["acoustics"]["In violin-room: reverberation time s"] < 5.0
    before = figures["dereverb"][f"In its room: {TAIL}"]
    for method in ("suppress", "resynthesise"):
        assert figures["dereverb"][f"{method}: {TAIL}"] < before - 6.0
        assert figures["dereverb"][f"{method}: notes rms dBFS"] > figures["dereverb"]["In its room: notes rms dBFS"] - 8


def test_the_spectral_loss_hears_dullness_and_the_waveform_loss_phase() -> None:
    losses = phase_losses(phase_sounds())
    dull = losses.pop("in phase, duller")
    for waveform, spectral in losses.values():
        assert waveform > 2.0 * dull[0]
        assert spectral < 0.1 * dull[1]


def test_the_table_has_the_paper_and_the_violin(gallery: tuple[Path, dict[str, Any]]) -> None:
    folder, figures = gallery
    text = (folder / "index.html").read_text(encoding="utf-8")
    for row in ("WaveRNN, supervised", "DDSP autoencoder, supervised", "DDSP autoencoder, unsupervised", "violin"):
        assert row in text
    assert figures["reconstruction"]["violin: f0 L1 semitones"] == pytest.approx(
        read_manifest(VIOLIN).figures["heldout_f0_l1_semitones"]
    )


def test_mistakes_are_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken, silent = tmp_path / "taken", tmp_path / "silent.wav"
    taken.write_text("a file")
    with AudioFile(str(silent), "w", 16000, 1) as file:
        file.write(np.zeros((1, 16000), np.float32))
    out = str(tmp_path / "out")
    jobs = {
        "cannot be created": [str(taken), "--seconds", "2"],
        "--seconds 1 is too short": [out, "--seconds", "1"],
        "no such file": [out, "--voice", str(tmp_path / "absent.wav")],
        "not an audio file": [out, "--seconds", "2", "--recording", str(taken)],
        "are silent": [out, "--seconds", "2", "--voice", str(silent)],
    }
    for message, arguments in jobs.items():
        assert main(["gallery", *arguments]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert not Path(out).exists()


def test_without_matplotlib_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["gallery", str(tmp_path / "out")]) == 2
    assert 'pip install "ddsp-fx[plots]"' in capsys.readouterr().err


def test_text_is_escaped_on_the_page() -> None:
    exhibit = Exhibit("<b>", "a & b", None, None, {"x<y": 1.0})
    text = page([Section("s", "<i>", "<u>", [exhibit], [Table(("<h>",), [("<c>",)])])], "<f>")
    for raw in ("<b>", "<u>", "<i>", "x<y", "<h>", "<c>", "<f>"):
        assert raw not in text
    assert "a &amp; b" in text


def test_numbers_are_short() -> None:
    texts = [number(value) for value in (0.0, 12.0, 1234.5, 0.0625, -33.456, 1.2e-6, float("nan"))]
    assert texts == ["0", "12", "1234", "0.0625", "-33.5", "1.2e-06", "-"]


def test_drawn_controls_are_a_distribution() -> None:
    f0_hz, amplitude, distribution = drawn_controls(4.0)
    assert f0_hz.shape == amplitude.shape == (201,)
    assert np.allclose(distribution.sum(axis=1), 1.0)
    assert amplitude[0] == amplitude[-1] == 0.0
    assert 200.0 < f0_hz.min() < f0_hz.max() < 460.0


def test_pitch_is_measured_against_the_shift_or_the_nearest_octave() -> None:
    from ddsp_fx.analysis.features import extract

    low, high = (extract(tone(0.5, 16000, hz)[0], 16000.0) for hz in (220.0, 445.0))
    assert pitch_figures(low, high, 12.0)["median pitch error cents"] == pytest.approx(19.6, abs=1.0)
    assert pitch_figures(low, high, 24.0)["median pitch error cents"] == pytest.approx(1180.4, abs=1.0)
    free = pitch_figures(low, high)
    assert (free["octaves"], free["median pitch error cents"]) == (1.0, pytest.approx(19.6, abs=1.0))
