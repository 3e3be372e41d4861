# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin, built once for all hosts, and engines on their own socket."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path

import pytest

from ddsp_fx_bridge.vst.latency import current
from ddsp_fx_bridge.vst.sources import missing_packages, source_folder

VECTORS = Path(__file__).parents[1] / "link" / "vectors"
SERVE = [sys.executable, "-m", "ddsp_fx.cli", "serve", "--link", "--osc-port", "0", "--http-port", "0", "--quiet"]


def build(folder: Path, *settings: str) -> Path:
    """Build the native plugin and its tests."""
    missing = missing_packages()
    if missing:
        pytest.skip(f"needs a compiler, CMake and DPF: apt install {' '.join(missing)}")
    words = ["cmake", "-S", str(source_folder()), "-B", str(folder), "-DDDSP_FX_TESTS=ON", *settings]
    for command in (words, ["cmake", "--build", str(folder), "--parallel", "2"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def link_latency(block: int, rate: float) -> int:
    """What a plugin adds to its board's latency, in samples, at that largest block."""
    return block + ceil(current().ms * rate / 1000)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("vst"))


@pytest.fixture(scope="session", params=["address", "thread"])
def sanitized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same with a sanitizer, whose first report ends the program with code 66."""
    folder = build(tmp_path_factory.mktemp(request.param), f"-DDDSP_FX_SANITIZE={request.param}")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
            environment.setenv(name, "halt_on_error=1:abort_on_error=0:exitcode=66")
        yield folder


class EngineProcess:
    """`ddsp-fx serve --link`, which can be killed."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> None:
        environment = {**os.environ, "DDSP_FX_LINK": str(self.socket)}
        self.process = subprocess.Popen(SERVE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(1200 * wait):
            if self.socket.exists():
                return
            assert self.process.poll() is None
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.socket.unlink(missing_ok=True)


def _torment(engine: EngineProcess, stop: threading.Event, counts: dict[str, int]) -> None:
    chance = random.Random(5)
    # The first engine lives until there is sound, even on a busy machine.
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


@contextmanager
def trouble(engine: EngineProcess) -> Iterator[dict[str, int]]:
    """Starts an engine, then kills, stops and restarts it repeatedly; yields how often it was `killed`."""
    engine.start()
    stop, counts = threading.Event(), {"killed": 0, "stopped": 0}
    thread = threading.Thread(target=_torment, args=(engine, stop, counts))
    thread.start()
    try:
        yield counts
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def engine_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineProcess]:
    """Not yet started; plugins in this test look for it, and start none themselves."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        engine = EngineProcess(Path(folder) / "link")
        monkeypatch.setenv("DDSP_FX_LINK", str(engine.socket))
        monkeypatch.setenv("DDSP_FX_ENGINE", "")
        yield engine
        engine.kill()


@pytest.fixture
def vst3(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A VST3 whose new instances wait for their engine."""
    monkeypatch.setenv("DDSP_FX_CONNECT_S", "60")
    return built / "bin" / "ddsp-fx.vst3"


def tool(name: str, package: str) -> str:
    """A program's path, or a skip that names its package."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt install {package}")
    return found
