# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped bundles keep the contract, and transform the shipped sounds as they should."""

import json
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile

from ddsp_fx import Board, discover, load
from ddsp_fx.analysis.features import extract
from ddsp_fx.bundles import Bundle
from ddsp_fx.bundles.validation import validate_bundle
from ddsp_fx.cli import main
from ddsp_fx.cli.example_sounds import RATE_HZ, reverberant_violin, sing

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins" / "ddsp_fx_plugins"
SHIPPED = sorted(path.parent for path in PLUGINS.glob("*/bundle.toml"))


def _read(path: Path) -> np.ndarray:
    with AudioFile(str(path)) as file:
        return file.read(file.frames)


def test_the_violin_ships() -> None:
    assert {"violin", "violin-room", "violin-dry"} <= set(discover().symbols())


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_every_bundle_keeps_the_contract(folder: Path) -> None:
    report = validate_bundle(Bundle.open(folder))
    assert report.passed, [check for check in report.checks if not check.passed]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_every_bundle_is_small_and_has_a_card(folder: Path) -> None:
    # The project's limit for a bundle is 4 MiB.
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4 << 20
    card = (folder / "CARD.md").read_text()
    manifest = Bundle.open(folder).manifest
    assert manifest.trained_on is not None
    for source in manifest.trained_on.data:
        assert source.author in card
        assert source.licence in card


@pytest.mark.parametrize(("name", "make"), [("vocal", sing), ("reverberant_violin", reverberant_violin)])
def test_the_example_files_are_what_their_script_makes(name: str, make: object) -> None:
    made = make().astype(np.float32)  # type: ignore[operator]
    # 16-bit files: half a step of rounding, plus a last-digit difference between machines' sines.
    assert np.abs(_read(ROOT / "examples" / f"{name}.wav")[0] - made).max() <= 2.0 / 32768


def test_a_voice_becomes_a_violin_with_the_same_melody() -> None:
    vocal = sing().astype(np.float32)
    out = load("violin", pitch_shift=24).render(vocal, RATE_HZ)
    sung, played = extract(vocal, RATE_HZ), extract(out, RATE_HZ)
    n = len(sung)
    voiced = sung.voiced & played.voiced[:n]
    cents = np.abs(1200 * np.log2(played.f0_hz[:n] / sung.f0_hz) - 2400)[voiced]
    assert voiced.sum() > 0.8 * sung.voiced.sum()
    assert np.median(cents) <= 20.0
    assert 0.02 < np.abs(out).max() < 1.0


def test_silence_between_phrases_is_silent() -> None:
    vocal = sing().astype(np.float32)
    stems = load("violin", pitch_shift=24).stems(vocal, RATE_HZ)  # type: ignore[attr-defined]
    rest = slice(int(2.06 * RATE_HZ), int(2.09 * RATE_HZ))
    end = slice(int(5.0 * RATE_HZ), int(5.6 * RATE_HZ))
    loudest = np.abs(stems["harmonic"]).max()
    assert np.abs(stems["harmonic"][rest] + stems["noise"][rest]).max() < 0.05 * loudest
    assert not stems["harmonic"][end].any()
    assert not stems["noise"][end].any()


def test_no_click_stands_above_its_neighbourhood() -> None:
    """After a high-pass at 4 kHz (by differences), no 1 ms is 20 dB above the loudest of the 100 ms around it."""
    out = load("violin", pitch_shift=24, room=False).render(sing().astype(np.float32), RATE_HZ)
    sharp = np.abs(np.diff(out, n=3))
    size = RATE_HZ // 1000
    peaks = sharp[: len(sharp) // size * size].reshape(-1, size).max(axis=1)
    for i in range(60, len(peaks) - 60):
        around = np.concatenate([peaks[i - 50 : i - 2], peaks[i + 3 : i + 51]])
        assert peaks[i] <= 10.0 * max(float(around.max()), 1e-4), f"a click at {i} ms"


def test_the_readme_chains_run(tmp_path: Path) -> None:
    vocal, violin = ROOT / "examples" / "vocal.wav", ROOT / "examples" / "reverberant_violin.wav"
    jobs = {
        "violin-room:mix=0.3": vocal,
        "violin:pitch_shift=24 | Compressor:ratio=4 | violin-room": vocal,
        "violin-dry": violin,
        "violin:preset=vocal,tracker=mcleod": vocal,
    }
    for number, (chain, source) in enumerate(jobs.items()):
        out = tmp_path / f"{number}.wav"
        assert main(["apply", str(source), str(out), chain, "--quiet"]) == 0
        audio = _read(out)
        assert audio.shape[1] >= _read(source).shape[1]
        assert 0.01 < np.abs(audio).max() <= 1.0


def test_the_room_is_the_same_in_the_effect_and_in_the_instrument() -> None:
    impulse = np.zeros((1, 4000), np.float32)
    impulse[0, 0] = 1.0
    wet = load("violin-room", mix=1.0).render(impulse, RATE_HZ)
    assert np.abs(wet).max() > 1e-4
    assert wet.shape[1] > 0.5 * RATE_HZ


def test_a_board_of_learned_and_native_effects_survives_json() -> None:
    import pedalboard

    board = Board([load("violin", pitch_shift=24), pedalboard.Compressor(-20, 4), load("violin-room", mix=0.2)])
    audio = sing().astype(np.float32)[: 2 * RATE_HZ]
    again = Board.from_json(board.to_json())
    assert np.array_equal(board.render(audio, RATE_HZ), again.render(audio, RATE_HZ))


def test_demo_fills_its_folder_and_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tmp_path / "demo"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {"transfer.png", "pitch.png", "reverb.png", "room.png", "dereverb.png", "vocal_as_violin.wav"} <= names
    assert figures["transfer_median_pitch_error_cents"] <= 20.0
    assert figures["dereverb_tail_after_dbfs"] < figures["dereverb_tail_before_dbfs"] - 6.0
