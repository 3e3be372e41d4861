# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's own side without a host: vectors, an audited audio thread, engines that die, sanitizers."""

import json
import subprocess
import time
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


@pytest.mark.parametrize(("instances", "engines"), [(3, 2), (4, 2), (5, 3)])
def test_two_instances_share_an_engine(
    built: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch, instances: int, engines: int
) -> None:
    monkeypatch.setenv("DDSP_FX_ENGINE", "\n".join([*SERVE, "--idle-exit", "5"]))
    report = soak(built, "violin-room", str(instances), "1024", "1", "wait", "free")
    assert report["ready"] == report["blocks"] > 0
    first = engine_process.socket
    sockets = sorted(path.name for path in first.parent.iterdir() if path.is_socket())
    assert sockets == ["link", "link.2", "link.3"][:engines]
    for _ in range(600):
        if not any(path.is_socket() for path in first.parent.iterdir()):
            return
        time.sleep(0.05)
    raise AssertionError("engines are left without a plugin")


def test_one_engine_can_have_them_all(
    built: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_process.start()
    monkeypatch.setenv("DDSP_FX_ENGINE", "\n".join(SERVE))
    monkeypatch.setenv("DDSP_FX_PLUGINS_PER_ENGINE", "16")
    report = soak(built, "violin-room", "5", "1024", "1", "wait", "free")
    assert report["ready"] == report["blocks"] > 0
    assert [path.name for path in engine_process.socket.parent.iterdir() if path.is_socket()] == ["link"]


@pytest.mark.parametrize("shared", [True, False])
def test_sixteen_instances_bounce_at_once(
    built: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    if shared:
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
