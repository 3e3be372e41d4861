# SPDX-License-Identifier: GPL-3.0-or-later
"""What the link adds to a block: set once for all plugins, followed and shown by them, and nothing to a bounce."""

import json
import math
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tone

from ddsp_fx.board.text import parse_board
from ddsp_fx.cli import main
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.vst import latency
from vst.conftest import EngineProcess

RATE, BLOCK = 48000, 500


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has set nothing."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("DDSP_FX_LINK", str(tmp_path / "run" / "link"))
    monkeypatch.delenv(latency.VARIABLE, raising=False)
    return tmp_path


def test_it_is_shown_set_and_set_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    default = latency.default_ms()
    assert main(["vst", "latency"]) == 0
    assert capsys.readouterr().out == f"link:   latency of the host's block and {default:g} ms (the default)\n"
    assert main(["vst", "latency", "4.5"]) == 0
    said = capsys.readouterr().out
    file = home / "data" / "ddsp-fx" / "link-latency"
    assert f"block and 4.5 ms ({file})" in said
    assert "when it starts its audio again" in said
    assert file.read_text() == "4.5\n"
    assert main(["vst", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["link"] == {"ms": 4.5, "source": str(file), "problem": ""}
    assert main(["vst", "latency", "default"]) == 0
    assert f"{default:g} ms (the default)" in capsys.readouterr().out
    assert not file.exists()


def test_the_page_says_the_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "vst.md").read_text(encoding="utf-8")
    assert f"add to the host's block: {latency.default_ms():g} ms." in page


def test_the_variable_comes_first_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(latency.VARIABLE, "7")
    assert main(["vst", "latency", "4"]) == 0
    said = capsys.readouterr().out
    assert "7 ms (DDSP_FX_LINK_LATENCY_MS)" in said
    assert "comes first" in said
    monkeypatch.delenv(latency.VARIABLE)
    assert latency.current().ms == 4


@pytest.mark.parametrize("text", ["-1", "100.5", "nan", "inf", "1_0", " 3", "3 ms", "", "fast"])
def test_what_is_no_latency_is_refused_and_changes_nothing(text: str) -> None:
    latency.choose("5")
    with pytest.raises(EngineError, match="expected a number of ms from 0 to 100"):
        latency.choose(text)
    assert latency.current().ms == 5


def test_a_damaged_file_is_named_and_the_default_holds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latency.choose("5")
    file = home / "data" / "ddsp-fx" / "link-latency"
    file.write_bytes(b"\xff\x00five\n")
    assert latency.current().ms == latency.default_ms()
    assert main(["vst", "status"]) == 0
    assert str(file) in capsys.readouterr().out


def test_uninstalling_the_last_plugin_forgets_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = home / "made"
    made.mkdir()
    (made / "ddsp-fx.clap").write_text("new")
    where = ["--user-dir", str(home), "--format", "clap"]
    assert main(["vst", "install", "--from", str(made), *where]) == 0
    latency.choose("5")
    assert main(["vst", "uninstall", *where]) == 0
    assert f"removed {home}/data/ddsp-fx/link-latency" in capsys.readouterr().out
    assert latency.current().ms == latency.default_ms()


@given(st.floats(0.0, 100.0))
def test_any_choice_is_found_again(ms: float) -> None:
    assert math.isclose(latency.choose(repr(ms)).ms, ms, rel_tol=1e-5, abs_tol=1e-300)


@pytest.mark.slow
def test_a_plugin_follows_it_and_a_bounce_does_not_change(
    vst3: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    chain = "violin | violin-room:mix=0.4"
    voice = 0.5 * tone(1.0, RATE, 330.0, channels=2)
    want, own = parse_board(chain)(voice, RATE), parse_board(chain)
    own.prepare(RATE, 1024, 2)
    monkeypatch.setenv("DDSP_FX_BOARD", chain)
    plugin = pedalboard.load_plugin(str(vst3))
    bounced = []
    # The host sets its audio up again for each block size, without which it would not ask.
    for text, size in (("default", BLOCK), ("0", BLOCK + 1), ("2.5", BLOCK + 2), ("100", BLOCK + 3)):
        ms = latency.choose(text).ms
        bounced.append(plugin.process(voice, RATE, buffer_size=size))
        assert plugin.reported_latency_samples == size + math.ceil(ms * RATE / 1000) + own.latency_samples
        assert f"({size} samples and {ms:g} ms)" in plugin.engine
    assert plugin.late_blocks == 0
    for heard in bounced:
        assert np.abs(heard - want).max() <= 1e-6
        assert np.array_equal(heard, bounced[0])


@pytest.mark.slow
def test_a_plugin_says_which_setting_it_cannot_follow(
    vst3: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    monkeypatch.setenv(latency.VARIABLE, "soon")
    monkeypatch.setenv("DDSP_FX_BOARD", "violin-room")
    plugin = pedalboard.load_plugin(str(vst3))
    assert plugin.engine.startswith("ready")
    assert "(default: DDSP_FX_LINK_LATENCY_MS is 'soon', not 0 to 100)" in plugin.engine
