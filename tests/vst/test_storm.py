# SPDX-License-Identifier: GPL-3.0-or-later
"""Any value a host can send, at any time, in all three formats: no allocation, lock or fault in the audio thread."""

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vst.conftest import EngineProcess

pytestmark = pytest.mark.slow

PLUGINS = {"vst3": "ddsp-fx.vst3/**/*.so", "clap": "ddsp-fx.clap", "lv2": "ddsp-fx.lv2/*_dsp.so"}


def storm(built: Path, plugin_format: str, blocks: int, **options: Any) -> dict[str, int]:
    """What `storm` reports; see bridge/vst/tests/storm.cpp."""
    library = next((built / "bin").glob(PLUGINS[plugin_format]))
    words = [built / "tests" / "storm", plugin_format, library, str(blocks)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, int] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("plugin_format", PLUGINS)
@pytest.mark.parametrize("has_engine", [True, False])
def test_the_audio_thread_stays_free_of_allocation_lock_and_fault(
    plugin_format: str, has_engine: bool, built: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_engine:
        engine_process.start()
        monkeypatch.setenv("DDSP_FX_BOARD", "violin-room")
        monkeypatch.setenv("DDSP_FX_CONNECT_S", "60")
    assert storm(built, plugin_format, 4000) == {"broken": 0, "dry": 0, "allocations": 0, "locks": 0}


def without_memory() -> None:
    """The link's memory is a file to the system: one of no length is refused. Python ignores SIGXFSZ."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("plugin_format", PLUGINS)
@pytest.mark.usefixtures("engine_process")
def test_without_memory_for_the_link_the_input_passes_as_it_is(plugin_format: str, built: Path) -> None:
    told = storm(built, plugin_format, 100, preexec_fn=without_memory, restore_signals=False)
    assert told == {"broken": 0, "dry": 100, "allocations": 0, "locks": 0}
