# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's own side without a host: vectors, an audited audio thread, engines that die, sanitizers."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vst.conftest import SERVE, VECTORS, EngineProcess, trouble

pytestmark = pytest.mark.slow


def soak(folder: Path, *words: str) -> dict[str, Any]:
    """The report of `soak`; see bridge/vst/tests/soak.cpp."""
    command = [folder / "tests" / "soak", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_both_sides_agree_on_the_vectors(built: Path) -> None:
    done = subprocess.run([built / "tests" / "vectors", VECTORS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split()[0]) > 400


@pytest.mark.parametrize("mode", [("live",), ("wait", "free"), ("automatic", "free")])
def test_the_audio_thread_allocates_and_locks_nothing(
    built: Path, engine_process: EngineProcess, mode: tuple[str, ...]
) -> None:
    engine_process.start()
    report = soak(built, "violin-room", "1", "256", "3", *mode)
    assert report["ready"] == report["blocks"] > 500
    assert (report["allocations"], report["locks"], report["clicks"], report["broken"]) == (0, 0, 0, 0)


@pytest.mark.parametrize("runs", [True, False], ids=["engine runs", "plugins start it"])
def test_sixteen_instances_bounce_at_once(
    built: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    if runs:
        engine_process.start()
    else:
        monkeypatch.setenv("DDSP_FX_ENGINE", "\n".join([*SERVE, "--idle-exit", "2"]))
    report = soak(built, "violin", "16", "1024", "2", "wait", "free")
    assert report["ready"] == report["blocks"] == 16 * 94
    assert (report["late"], report["clicks"], report["broken"]) == (0, 0, 0)


def test_engines_that_die_cost_no_click_and_leave_nothing(built: Path, engine_process: EngineProcess) -> None:
    before = set(Path("/dev/shm").iterdir())
    with trouble(engine_process) as counts:
        report = soak(built, "violin-room", "2", "512", "20", "live")
    assert counts["killed"] >= 3
    assert 0 < report["ready"] < report["blocks"]
    assert (report["clicks"], report["broken"]) == (0, 0)
    assert set(Path("/dev/shm").iterdir()) <= before


def test_sanitizers_find_nothing(sanitized: Path, engine_process: EngineProcess) -> None:
    with trouble(engine_process):
        report = soak(sanitized, "violin-room", "2", "512", "12", "live")
    assert report["broken"] == 0
    done = subprocess.run([sanitized / "tests" / "vectors", VECTORS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
