# SPDX-License-Identifier: GPL-3.0-or-later
"""Anything that a host can send, at any time, in all formats: the audio thread never allocates, locks or prints."""

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vst.conftest import EngineProcess, trouble

pytestmark = pytest.mark.slow

PLUGINS = {"vst3": "ddsp-fx.vst3/**/*.so", "clap": "ddsp-fx.clap", "lv2": "ddsp-fx.lv2/*_dsp.so"}
each_format = pytest.mark.parametrize("plugin_format", PLUGINS)


def storm(built: Path, plugin_format: str, blocks: int, pause_ms: int = 5, **options: Any) -> dict[str, int]:
    """The report of `storm` on a plugin, which must print nothing; see bridge/vst/tests/storm.cpp."""
    library = next((built / "bin").glob(PLUGINS[plugin_format]))
    words = [built / "tests" / "storm", plugin_format, library, str(blocks), str(pause_ms)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False, **options)
    assert (done.returncode, done.stderr) == (0, "")
    report: dict[str, int] = json.loads(done.stdout)
    return report


def assert_calm(report: dict[str, int], dry: int = 0) -> None:
    calm = {"broken": 0, "unwritten": 0, "overrun": 0, "dry": dry, "allocations": 0, "locks": 0, "prints": 0}
    assert report == {**calm, "plain": report["plain"]}
    assert report["plain"] > 0


@pytest.fixture
def with_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that waits for its engine, and asks it for this board."""
    monkeypatch.setenv("DDSP_FX_BOARD", "violin-room")
    monkeypatch.setenv("DDSP_FX_CONNECT_S", "60")


@each_format
@pytest.mark.usefixtures("engine_process")
def test_the_audio_thread_stays_calm_without_an_engine(plugin_format: str, built: Path) -> None:
    assert_calm(storm(built, plugin_format, 4000))


@each_format
@pytest.mark.usefixtures("with_board")
def test_the_audio_thread_stays_calm_with_an_engine(
    plugin_format: str, built: Path, engine_process: EngineProcess
) -> None:
    engine_process.start()
    assert_calm(storm(built, plugin_format, 4000))


@each_format
@pytest.mark.usefixtures("with_board")
def test_the_audio_thread_stays_calm_while_engines_die(
    plugin_format: str, built: Path, engine_process: EngineProcess
) -> None:
    with trouble(engine_process) as counts:
        assert_calm(storm(built, plugin_format, 4000, pause_ms=60))
    assert counts["killed"] > 0


@each_format
@pytest.mark.usefixtures("with_board")
def test_sanitizers_find_nothing_in_a_storm(plugin_format: str, sanitized: Path, engine_process: EngineProcess) -> None:
    engine_process.start()
    assert_calm(storm(sanitized, plugin_format, 2000))


def without_memory() -> None:
    """To the system, the link's memory is a file: one of any length is refused. Python ignores SIGXFSZ."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def with_descriptors(count: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


@each_format
@pytest.mark.parametrize("limit", [without_memory, with_descriptors(4)], ids=["memory", "descriptors"])
def test_where_the_system_gives_nothing_for_the_link_the_input_passes_as_it_is(
    plugin_format: str, limit: Callable[[], None], built: Path, tmp_path: Path
) -> None:
    nobody = {**os.environ, "DDSP_FX_LINK": str(tmp_path / "link"), "DDSP_FX_ENGINE": ""}
    told = storm(built, plugin_format, 200, env=nobody, preexec_fn=limit, restore_signals=False)
    assert_calm(told, dry=told["plain"])
