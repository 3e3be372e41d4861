# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of a third party's effect keeps the contract, and loads through the door that docs/effects.md shows."""

import sys
from pathlib import Path

import numpy as np
import pytest
from support import cut, stream, tone

from ddsp_fx import load
from ddsp_fx.effects import Effect

EXAMPLES = Path(__file__).parents[2] / "examples"
BUNDLE = """
schema_version = 1
id = "org.example.tremolo"
name = "Tremolo"
version = "1.0.0"
licence = "CC0-1.0"
authors = ["A. Tester"]
files = {}

[[effects]]
kind = "tremolo"
symbol = "slow-tremolo"
name = "Slow tremolo"
files = {}
defaults = { speed = 2.0 }
"""


@pytest.fixture
def tremolo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Effect:
    """Installed as pip would install it: a module on the path, and metadata with the entry point."""
    info = tmp_path / "tremolo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tremolo\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ddsp_fx.effects]\ntremolo = third_party_effect:Tremolo\n")
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "bundle.toml").write_text(BUNDLE)
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "third_party_effect", raising=False)
    return load("slow-tremolo", paths=[tmp_path / "bundle"])


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
