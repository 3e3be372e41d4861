# SPDX-License-Identifier: GPL-3.0-or-later
"""For live.py: an engine of any tree, native tracks that play through it, and what /proc says of both."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SERVE = [sys.executable, "-m", "ddsp_fx.cli", "serve", "--link", "--osc-port", "0", "--http-port", "0", "--quiet"]
_TICK_HZ = os.sysconf("SC_CLK_TCK")
_PATIENCE_S = 120.0


def environment(tree: Path, **more: str) -> dict[str, str]:
    """For a Python that imports ddsp_fx from `tree`."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(tree / part) for part in ("", "bridge", "plugins")), **more}


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A temporary worktree of another commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        words = ["git", "worktree", "add", "--quiet", "--detach", "--force", str(tree), revision]
        subprocess.run(words, cwd=ROOT, check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def build_tracks(folder: Path) -> Path:
    """Build bridge/vst/tests/live.cpp of this tree, with which every tree is measured."""
    for words in (
        ["cmake", "-S", str(ROOT / "bridge" / "vst"), "-B", str(folder), "-DDDSP_FX_TESTS=ON"],
        ["cmake", "--build", str(folder), "--parallel", "2", "--target", "live"],
    ):
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return folder / "tests" / "live"


def busy_s() -> float:
    """Seconds that the machine's cores have worked so far, all together."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle = numbers[3] + numbers[4]
    return (sum(numbers[:8]) - idle) / _TICK_HZ


def idle_share(seconds: float = 3.0) -> float:
    """The share of the machine that nobody uses now."""
    before = busy_s()
    time.sleep(seconds)
    return 1.0 - (busy_s() - before) / seconds / (os.cpu_count() or 1)


class Group:
    """A process that leads its own group, and what it started."""

    def __init__(self, command: list[str], environment: Mapping[str, str], **streams: Any) -> None:
        self.process = subprocess.Popen(command, env=environment, start_new_session=True, text=True, **streams)

    def _members(self) -> Iterator[tuple[str, list[str]]]:
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.process.pid:
                    yield path.parent.name, fields

    def cpu_s(self) -> float:
        """Of all threads of the living processes."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self._members()) / _TICK_HZ

    def memory_mb(self) -> dict[str, float]:
        """`own` memory in MB, and `resident` with what is shared, such as the links' segments."""
        kib = {"own": 0, "resident": 0}
        for number, _ in self._members():
            status = dict(line.split(":", 1) for line in Path(f"/proc/{number}/status").read_text().splitlines())
            kib["own"] += int(status["RssAnon"].split()[0])
            kib["resident"] += int(status["VmRSS"].split()[0])
        return {name: value * 1024 / 1e6 for name, value in kib.items()}

    def end(self) -> None:
        """Stop it; after ten seconds, at once."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Engine(Group):
    """`ddsp-fx serve --link` of a tree; for a `with` statement."""

    def __init__(self, tree: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self.socket, self._log = folder / "link", folder / "log"
        with self._log.open("w") as log:
            settings = environment(tree, DDSP_FX_LINK=str(self.socket))
            super().__init__(SERVE, settings, cwd=tree, stdout=subprocess.DEVNULL, stderr=log)

    def __enter__(self) -> Engine:
        end = time.monotonic() + _PATIENCE_S
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"the engine did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._folder.cleanup()


class Tracks(Group):
    """Native plugins of one host that play, turn knobs or bounce; see bridge/vst/tests/live.cpp.

    Args:
        program: from `build_tracks`.
        engine: of any tree.
        link_ms: what the link adds to a block.
        words: board, instances, block, seconds and plan.
    """

    def __init__(self, program: Path, engine: Engine, link_ms: float, *words: object) -> None:
        settings = {**os.environ, "DDSP_FX_LINK": str(engine.socket), "DDSP_FX_ENGINE": ""}
        settings["DDSP_FX_LINK_LATENCY_MS"] = f"{link_ms:g}"
        self._engine = engine
        command = [str(program), *map(str, words)]
        super().__init__(command, settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _line(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"{self.process.args} ended early; expected a report")
        return line.strip()

    def until(self, word: str) -> None:
        """Return when they are "ready", or have "started": a second later."""
        while self._line() != word:
            pass

    def report(self, beside: Tracks | None = None) -> dict[str, Any]:
        """Call after "started". What they counted until their end, with the cores that each side and others used.

        Args:
            beside: tracks of another host, whose use is not others'.
        """
        hosts = [self] if beside is None else [self, beside]
        clocks = {"engine": self._engine.cpu_s, "all": busy_s, "s": time.monotonic}
        clocks["host"] = lambda: sum(host.cpu_s() for host in hosts)
        before = {name: clock() for name, clock in clocks.items()}
        found: dict[str, Any] = json.loads(self._line())
        used = {name: clock() - before[name] for name, clock in clocks.items()}
        found["engine_cores"], found["host_cores"] = used["engine"] / used["s"], used["host"] / used["s"]
        found["other_cores"] = max(0.0, (used["all"] - used["engine"] - used["host"]) / used["s"])
        return found

    def close(self) -> None:
        """Take the tracks away."""
        if self.process.stdin:
            self.process.stdin.close()
        if self.process.stdout:
            self.process.stdout.close()
        self.end()
