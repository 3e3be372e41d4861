# SPDX-License-Identifier: GPL-3.0-or-later
"""The VST3 in pedalboard: the sound is the Board's in Python, sample for sample."""

import gc
import sys
import time
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from support import tone

from ddsp_fx import __version__
from ddsp_fx.board.text import parse_board
from vst.conftest import SERVE, EngineProcess, link_latency

RATE = 48000
CHAIN = "violin:preset=vocal | violin-room:mix=0.4"

pytestmark = pytest.mark.slow


@pytest.fixture
def voice() -> np.ndarray:
    left = 0.5 * tone(1.5, RATE, 330.0, channels=1)[0]
    left[RATE // 2 : RATE // 2 + 4800] = 0.0
    return np.stack([left, 0.5 * left])


def plugin_with(chain: str, vst3: Path, monkeypatch: pytest.MonkeyPatch) -> pedalboard.VST3Plugin:
    monkeypatch.setenv("DDSP_FX_BOARD", chain)
    plugin = pedalboard.load_plugin(str(vst3))
    monkeypatch.delenv("DDSP_FX_BOARD")
    assert plugin.engine.startswith("ready; panel at http://127.0.0.1:")
    return plugin


def latency_of(chain: str) -> int:
    board = parse_board(chain)
    board.prepare(RATE, 1024, 2)
    return board.latency_samples


def test_any_block_size_sounds_as_in_python(
    vst3: Path, engine_process: EngineProcess, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    plugin = plugin_with(CHAIN, vst3, monkeypatch)
    for size in (1, 3, 64, 500, 1024, 8192):
        heard = voice[:, : RATE // 2] if size < 64 else voice
        want = parse_board(CHAIN)(heard, RATE)
        assert np.abs(want).max() > 0.05
        assert np.abs(plugin.process(heard, RATE, buffer_size=size) - want).max() <= 1e-6
        # The link's own latency is the largest block and what the user sets.
        assert plugin.reported_latency_samples == link_latency(max(size, 2), RATE) + latency_of(CHAIN)
    assert plugin.late_blocks == 0


@pytest.mark.parametrize("rate", [44100, 96000, 192000])
def test_any_rate_and_mono(
    vst3: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    engine_process.start()
    # A violin's latency in samples depends on the rate, and must be right from the first block on.
    chain = CHAIN if rate == 96000 else "violin-room:mix=0.4"
    plugin = plugin_with(chain, vst3, monkeypatch)
    mono = 0.5 * tone(0.5, rate, 330.0, channels=1)
    assert np.abs(plugin.process(mono, rate) - parse_board(chain)(mono, rate)).max() <= 1e-6


def test_parameters_have_names_units_and_text(
    vst3: Path, engine_process: EngineProcess, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    plugin = plugin_with("violin", vst3, monkeypatch)
    assert plugin.version == __version__
    shift = plugin.parameters["pitch_shift_semitones"]
    assert (shift.min_value, shift.max_value, shift.label) == (-48, 48, "semitones")
    plugin.pitch_shift_semitones = 7.0
    plugin.register = "match"
    plugin.room = False
    same = parse_board("violin:register=match,room=off")
    # pedalboard looks for the position with the most similar text, and JUCE hosts store it in single precision.
    same[0].pitch_shift = same[0].parameters["pitch_shift"].from_normalised(shift.raw_value)
    assert same[0].pitch_shift == pytest.approx(7.0, abs=0.05)
    assert np.abs(plugin.process(voice, RATE) - same(voice, RATE)).max() <= 1e-6


def test_a_bounce_waits_for_an_effect_that_it_picks(
    vst3: Path, engine_process: EngineProcess, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    plugin = plugin_with("violin-room:mix=0.4", vst3, monkeypatch)
    plugin.effect = "trumpet-room"
    assert np.abs(plugin.process(voice, RATE) - parse_board("trumpet-room")(voice, RATE)).max() <= 1e-6


def test_an_effect_that_was_picked_without_an_engine_comes_with_it(
    built: Path, engine_process: EngineProcess, voice: np.ndarray
) -> None:
    plugin = pedalboard.load_plugin(str(built / "bin" / "ddsp-fx.vst3"))
    plugin.parameters["effect"].raw_value = 7 / 127
    assert np.array_equal(plugin.process(voice, RATE), voice)
    engine_process.start()
    for _ in range(300):
        time.sleep(0.1)
        if plugin.engine.startswith("ready"):
            break
    wanted = plugin.effect
    assert not wanted.startswith("-")
    assert np.abs(plugin.process(voice, RATE) - parse_board(wanted)(voice, RATE)).max() <= 1e-6


def test_a_state_makes_another_instance_the_same(
    vst3: Path, engine_process: EngineProcess, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    plugin = plugin_with(CHAIN, vst3, monkeypatch)
    plugin.parameters["decay_x"].raw_value = 0.1234567
    first = plugin.process(voice, RATE)
    again = pedalboard.load_plugin(str(vst3))
    again.raw_state = plugin.raw_state
    assert np.abs(again.process(voice, RATE) - first).max() <= 1e-6


def test_a_session_of_another_day_says_what_is_missing_and_keeps_it(
    vst3: Path,
    engine_process: EngineProcess,
    voice: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from support import write_bundle

    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    engine_process.start()
    state = plugin_with("hall:mix=0.5", vst3, monkeypatch).raw_state
    engine_process.kill()
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "nowhere"))
    engine_process.start()
    plugin = pedalboard.load_plugin(str(vst3))
    plugin.raw_state = state
    # Dry, on time, and the board is kept.
    assert np.array_equal(plugin.process(voice, RATE), voice)
    assert "hall" in plugin.engine
    engine_process.kill()
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    engine_process.start()
    healed = pedalboard.load_plugin(str(vst3))
    healed.raw_state = plugin.raw_state
    want = parse_board("hall:mix=0.5")(voice, RATE)
    assert np.abs(healed.process(voice, RATE) - want).max() <= 1e-6


def test_without_an_engine_it_is_dry_at_once_and_on_time(
    built: Path, engine_process: EngineProcess, voice: np.ndarray
) -> None:
    plugin = pedalboard.load_plugin(str(built / "bin" / "ddsp-fx.vst3"))
    for size in (1, 64, 8192):
        assert np.array_equal(plugin.process(voice, RATE, buffer_size=size), voice)
    assert plugin.engine.startswith("no engine is running")


def test_a_board_that_is_not_there_is_named(
    vst3: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    monkeypatch.setenv("DDSP_FX_BOARD", "no-such-effect")
    assert "no-such-effect" in pedalboard.load_plugin(str(vst3)).engine


def test_an_engine_that_does_not_start_has_last_words(
    vst3: Path, engine_process: EngineProcess, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDSP_FX_ENGINE", "\n".join([sys.executable, "-c", "print('first'); print('no, never')"]))
    plugin = pedalboard.load_plugin(str(vst3))
    assert plugin.engine == "the engine does not start: no, never"
    assert np.array_equal(plugin.process(voice, RATE), voice)


def test_a_plugin_starts_its_engine(
    vst3: Path, engine_process: EngineProcess, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDSP_FX_ENGINE", "\n".join([*SERVE, "--idle-exit", "2"]))
    plugin = plugin_with("violin-room:mix=0.4", vst3, monkeypatch)
    got = plugin.process(voice, RATE)
    assert np.abs(got - parse_board("violin-room:mix=0.4")(voice, RATE)).max() <= 1e-6
    del plugin
    gc.collect()
    for _ in range(300):
        if not engine_process.socket.exists():
            return
        time.sleep(0.1)
    raise AssertionError("the engine is still there, without a plugin")
