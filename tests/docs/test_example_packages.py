# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages in examples/ register as docs/effects.md shows, and keep their contracts."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import cut, install, stream, tone

from ddsp_fx import load
from ddsp_fx.analysis.trackers import describe_trackers, open_tracker
from ddsp_fx.cli import main
from ddsp_fx.effects import Effect

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both packages as installed by pip: on the path, with the entry points in their pyproject.toml."""
    for folder, module in (("tremolo", "ddsp_fx_tremolo"), ("yin", "ddsp_fx_yin")):
        project = tomllib.loads((EXAMPLES / folder / "pyproject.toml").read_text())["project"]
        install(tmp_path, project["name"].replace("-", "_"), project["entry-points"])
        monkeypatch.syspath_prepend(EXAMPLES / folder)
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for module in ("ddsp_fx_tremolo", "ddsp_fx_yin"):
        sys.modules.pop(module, None)


@pytest.fixture
def tremolo(installed: None) -> Effect:
    return load("slow-tremolo")


def test_each_is_under_sixty_lines() -> None:
    for folder in ("tremolo", "yin"):
        files = [*(EXAMPLES / folder).rglob("*.py"), *(EXAMPLES / folder).rglob("*.toml")]
        assert 20 < sum(len(file.read_text().splitlines()) for file in files) <= 80
        assert all(len(file.read_text().splitlines()) < 60 for file in files)


def test_loads_by_name_with_the_bundles_defaults(tremolo: Effect) -> None:
    assert tremolo.values() == {"speed": 2.0, "depth": 0.5}


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_any_split_equals_one_shot(tremolo: Effect, rate: int) -> None:
    audio = tone(1.0, rate, channels=2)
    whole = tremolo(audio, rate)
    for sizes in ([1] * 200 + [4096], [137], [64, 1, 3000]):
        tremolo.prepare(rate, 4096, 2)
        assert np.abs(stream(tremolo.process_block, audio, sizes) - whole).max() <= 1e-6


def test_a_change_on_the_way_is_split_invariant_too(tremolo: Effect) -> None:
    audio = tone(0.5, 48000, channels=2)
    outs = []
    for sizes in ([12000], [500]):
        tremolo.set_value("speed", 2.0)
        tremolo.prepare(48000, 12000, 2)
        first, second = audio[:, :12000], audio[:, 12000:]
        parts = [tremolo.process_block(b) for b in cut(first, sizes)]
        tremolo.set_value("speed", 9.0)
        outs.append(np.concatenate([*parts, *(tremolo.process_block(b) for b in cut(second, sizes))], axis=1))
    assert np.abs(outs[0] - outs[1]).max() <= 1e-6


def test_silence_length_and_reset(tremolo: Effect) -> None:
    audio = tone(0.3, 44100, channels=2)
    first = tremolo(audio, 44100)
    assert np.array_equal(first, tremolo(audio, 44100))
    assert tremolo.render(audio, 44100).shape == audio.shape
    assert not tremolo(np.zeros_like(audio), 44100).any()


def test_it_does_what_it_says(tremolo: Effect) -> None:
    tremolo.set_values({"speed": 4.0, "depth": 1.0})
    out = tremolo(np.ones(48000, np.float32), 48000)
    expected = 0.5 + 0.5 * np.cos(2 * np.pi * 4.0 * np.arange(1, 48001) / 48000)
    assert np.abs(out - expected).max() < 1e-5


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("f0_hz", [82.4, 220.0, 440.0, 1318.5])
def test_the_tracker_hears_a_tone_alike_in_any_split(f0_hz: float) -> None:
    samples = tone(1.0, 16000, f0_hz)[0].astype(np.float32)
    tracker = open_tracker("yin", 160)
    whole = np.concatenate([tracker.process(samples)[0], tracker.flush(samples.size)[0]])
    assert np.abs(1200.0 * np.log2(whole[10:-10] / f0_hz)).max() < 20.0
    tracker.reset()
    pieces = [tracker.process(piece)[0] for piece in cut(samples[np.newaxis], [1, 97, 800]) for piece in piece]
    assert np.array_equal(np.concatenate([*pieces, tracker.flush(samples.size)[0]]), whole)


@pytest.mark.usefixtures("installed")
def test_the_tracker_is_offered_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "yin" in {tracker["name"] for tracker in describe_trackers()}
    voice = str(EXAMPLES / "vocal.wav")
    assert main(["apply", voice, str(tmp_path / "out.wav"), "violin:tracker=yin,preset=vocal", "--quiet"]) == 0
    assert (tmp_path / "out.wav").stat().st_size > 100000
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    assert "mcleod, swift, yin" in " ".join(capsys.readouterr().out.split())
    assert main(["info", "violin"]) == 0
    assert "yin" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
def test_silence_has_no_pitch() -> None:
    f0_hz, confidence = open_tracker("yin").process(np.zeros(16000, np.float32))
    assert not f0_hz.any()
    assert not confidence.any()
