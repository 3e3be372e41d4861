# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's own side without a host: vectors, an audited audio thread, engines that die, sanitizers."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from vst.conftest import SERVE, VECTORS, EngineProcess, build

pytestmark = pytest.mark.slow


def soak(folder: Path, *words: str, **environment: str) -> dict[str, Any]:
    """What `soak` reports; see bridge/vst/tests/soak.cpp."""
    done = subprocess.run(
        [folder / "tests" / "soak", *words],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )
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


def trouble(engine: EngineProcess, stop: threading.Event, counts: dict[str, int]) -> None:
    """Kills, stops and restarts an engine until told to stop."""
    chance = random.Random(5)
    # The first lives until there is sound, however busy the machine.
    time.sleep(6.0)
    while not stop.is_set():
        if engine.process is None:
            engine.start()
        time.sleep(chance.uniform(0.0, 3.0))
        if chance.random() < 0.3:
            engine.send(signal.SIGSTOP)
            time.sleep(chance.uniform(0.0, 0.5))
            engine.send(signal.SIGCONT)
            counts["stopped"] += 1
        engine.kill()
        counts["killed"] += 1


def test_engines_that_die_cost_no_click_and_leave_nothing(built: Path, engine_process: EngineProcess) -> None:
    before = set(Path("/dev/shm").iterdir())
    engine_process.start()
    stop, counts = threading.Event(), {"killed": 0, "stopped": 0}
    thread = threading.Thread(target=trouble, args=(engine_process, stop, counts))
    thread.start()
    report = soak(built, "violin-room", "2", "512", "20", "live")
    stop.set()
    thread.join()
    assert counts["killed"] >= 3
    assert 0 < report["ready"] < report["blocks"]
    assert (report["clicks"], report["broken"]) == (0, 0)
    assert set(Path("/dev/shm").iterdir()) <= before


@pytest.mark.parametrize("sanitizer", ["address", "thread"])
def test_sanitizers_find_nothing(tmp_path: Path, engine_process: EngineProcess, sanitizer: str) -> None:
    folder = build(tmp_path, f"-DDDSP_FX_SANITIZE={sanitizer}")
    engine_process.start()
    stop, counts = threading.Event(), {"killed": 0, "stopped": 0}
    thread = threading.Thread(target=trouble, args=(engine_process, stop, counts))
    thread.start()
    options = "halt_on_error=1:abort_on_error=0:exitcode=66"
    report = soak(folder, "violin-room", "2", "512", "12", "live", ASAN_OPTIONS=options, TSAN_OPTIONS=options)
    stop.set()
    thread.join()
    assert report["broken"] == 0
    done = subprocess.run([folder / "tests" / "vectors", VECTORS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
