# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine for all plugins of a session, however many want it at once, and whoever starts it."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ddsp_fx_bridge.vst.status import answer
from vst.conftest import SERVE, EngineProcess

pytestmark = pytest.mark.slow

# Notes its process, which is then the engine's own.
NOTE = 'echo $$ >>"$DDSP_FX_LINK.engines"; exec "$@"'


class Started:
    """The engines that plugins have started."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    @property
    def numbers(self) -> list[int]:
        """Of their processes, in order."""
        file = self.socket.with_name("link.engines")
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def alive(self) -> list[int]:
        """Those that have not ended."""
        return [number for number in self.numbers if is_alive(number)]

    def tracks(self) -> int:
        """How many tracks the panel of the engine shows that answers now; 0 if none does."""
        found = answer(self.socket)
        if not found["answers"]:
            return 0
        with urllib.request.urlopen(f"{found['panel']}track", timeout=10) as response:
            return sum(name.isdecimal() for name in json.load(response).get("CONTENTS", {}))

    def until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(600):
            if is_so():
                return
            time.sleep(0.05)
        raise AssertionError(f"engines started: {self.numbers}; tracks: {self.tracks()}")


@pytest.fixture
def started(engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch) -> Started:
    """No engine yet; plugins start it, and it ends two seconds after them."""
    words = ["/bin/sh", "-c", NOTE, "sh", *SERVE, "--idle-exit", "2"]
    monkeypatch.setenv("DDSP_FX_ENGINE", "\n".join(words))
    return Started(engine_process.socket)


def is_alive(process: int) -> bool:
    """Not if it has ended, and only its parent has not asked for its status yet."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


class Host:
    """A process with plugins that play or render `violin-room`; see bridge/vst/tests/soak.cpp."""

    def __init__(self, built: Path, instances: int, *words: str) -> None:
        command = [built / "tests" / "soak", "violin-room", str(instances), "1024", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def report(self) -> dict[str, Any]:
        said, _ = self.process.communicate(timeout=200)
        found: dict[str, Any] = json.loads(said)
        return found


def sockets(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_socket()]


def connected(path: Path) -> socket.socket | None:
    """None if the queue there is full."""
    one = socket.socket(socket.AF_UNIX)
    one.setblocking(False)
    try:
        one.connect(str(path))
    except BlockingIOError:
        one.close()
        return None
    return one


@pytest.mark.parametrize(("hosts", "instances"), [(1, 16), (4, 4), (16, 1)])
def test_sixteen_instances_that_load_at_once_start_one_engine(
    built: Path, started: Started, hosts: int, instances: int
) -> None:
    for report in [host.report() for host in [Host(built, instances, "1", "wait", "free") for _ in range(hosts)]]:
        assert report["ready"] == report["blocks"] > 0
        assert (report["late"], report["broken"]) == (0, 0)
    assert len(started.numbers) == 1
    assert sockets(started.socket.parent) == ["link"]
    started.until(lambda: not sockets(started.socket.parent))


def test_they_join_an_engine_that_its_user_starts_at_the_same_time(
    built: Path, started: Started, engine_process: EngineProcess
) -> None:
    engine_process.start(wait=False)
    own = engine_process.process
    assert own is not None
    hosts = [Host(built, 2, "8", "live") for _ in range(8)]
    started.until(lambda: started.tracks() == 16)
    # Whichever was later has found the socket taken, and ends.
    started.until(lambda: len(started.alive()) + (own.poll() is None) == 1)
    for report in [host.report() for host in hosts]:
        assert report["ready"] == report["blocks"] > 0
    assert len(started.numbers) <= 1


def test_all_of_them_find_the_next_engine_if_theirs_is_killed(built: Path, started: Started) -> None:
    host = Host(built, 16, "16", "live")
    started.until(lambda: started.tracks() == 16)
    for n in (1, 2):
        os.kill(started.numbers[-1], signal.SIGKILL)
        started.until(lambda n=n: len(started.numbers) == n + 1)  # type: ignore[misc]
        started.until(lambda: started.tracks() == 16)
    report = host.report()
    assert 0 < report["ready"] < report["blocks"]
    assert (report["clicks"], report["broken"]) == (0, 0)
    assert len(started.numbers) == 3


@pytest.mark.parametrize("others", [0, 3], ids=["with room", "with a full queue"])
def test_whoever_has_the_turn_starts_none_if_another_has_been_faster(
    built: Path, engine_process: EngineProcess, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    started = engine_process.socket.with_name("started")
    monkeypatch.setenv("DDSP_FX_ENGINE", f"/usr/bin/touch\n{started}")

    def launch() -> str:
        done = subprocess.run([built / "tests" / "launch"], capture_output=True, text=True, timeout=20, check=True)
        time.sleep(0.5)
        return done.stdout.strip()

    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(engine_process.socket))
        engine.listen(1)
        queue = [connected(engine_process.socket) for _ in range(others)]
        assert (None in queue) == bool(others)
        assert launch() == "starting"
        for connection in filter(None, queue):
            connection.close()
    assert not started.exists()
    assert launch() == "starting"
    assert started.exists()


def test_no_second_engine_starts_while_the_first_accepts_nobody(
    built: Path, started: Started, engine_process: EngineProcess
) -> None:
    """It is stopped, and 300 others are in its queue."""
    engine_process.start()
    engine_process.send(signal.SIGSTOP)
    queue = [connected(started.socket) for _ in range(300)]
    assert None in queue
    host = Host(built, 2, "1", "wait", "free")
    time.sleep(3.0)
    assert started.numbers == []
    engine_process.send(signal.SIGCONT)
    for connection in filter(None, queue):
        connection.close()
    report = host.report()
    assert report["ready"] == report["blocks"] > 0
    assert started.numbers == []
