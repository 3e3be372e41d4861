# SPDX-License-Identifier: GPL-3.0-or-later
"""A server in a separate process, with audio running and its blocks timed; for osc_fuzz.py and osc_flood.py.

`python benchmarks/serving.py` prints its ports, then a line of figures for every line of input.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.board.text import parse_board

CHAIN = "violin | violin-room | Gain"
RATE, BLOCK = 48000, 256


class Watched:
    """An engine's `process` that records the lateness and the duration of each block."""

    def __init__(self, process: Any) -> None:
        self._process = process
        self._times_ms: list[tuple[float, float]] = []

    def __call__(self, block: Any, time_s: float | None = None) -> Any:
        started = time.monotonic()
        out = self._process(block, time_s)
        if time_s is not None:
            late_ms = 1000.0 * (started - time_s - BLOCK / RATE)
            self._times_ms.append((late_ms, 1000.0 * (time.monotonic() - started)))
        return out

    def take(self) -> dict[str, float]:
        """Percentiles since the last call."""
        taken, self._times_ms = self._times_ms, []
        late, spent = np.array(taken or [(0.0, 0.0)]).T
        done = np.mean(late + spent > 1000.0 * BLOCK / RATE)
        return {
            "blocks": late.size,
            "late_ms_median": float(np.median(late)),
            "late_ms_99": float(np.percentile(late, 99)),
            "late_ms_max": float(late.max()),
            "spent_ms_median": float(np.median(spent)),
            "spent_ms_99": float(np.percentile(spent, 99)),
            "spent_ms_max": float(spent.max()),
            "over_a_block": float(done),
        }


def resident_kib() -> int:
    """The current memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def tune() -> Any:
    """Two seconds of a gliding tone with gaps, repeated, so that the violin has work."""
    t = np.arange(2 * RATE) / RATE
    wave = 0.3 * np.sin(2 * np.pi * (300.0 * t + 50.0 * t * t)) * (np.sin(2 * np.pi * 1.5 * t) > -0.3)
    audio = np.stack([wave, wave]).astype(np.float32)
    at = 0

    def read(n: int) -> Any:
        nonlocal at
        at = (at + n) % (audio.shape[1] - n)
        return audio[:, at : at + n]

    return read


def main() -> int:
    from ddsp_fx_bridge.cli.session import interpreter_for_audio
    from ddsp_fx_bridge.engine import Engine, Layout
    from ddsp_fx_bridge.engine.doors import ClockDoor
    from ddsp_fx_bridge.server import Doors, Server

    chain = sys.argv[1] if len(sys.argv) > 1 else CHAIN
    engine = Engine(Layout(RATE, BLOCK, 2))
    engine.add_track(parse_board(chain))
    watched = Watched(engine.process)
    engine.process = watched  # type: ignore[method-assign]
    folder = Path(tempfile.mkdtemp())
    read = tune()
    for _ in range(400):
        engine.process(read(BLOCK))  # compiles everything and warms up
    doors = Doors(osc_port=0, http_port=0, realtime=True)
    with interpreter_for_audio(), Server(engine, folder / "boards", folder / "takes", doors) as server:
        door = ClockDoor(engine, read, realtime=True)
        door.start()
        print(json.dumps({"osc_port": server.osc_port, "http_port": server.http_port}), flush=True)
        for _ in sys.stdin:
            dispatcher = server.service.dispatcher
            figures = {
                **watched.take(),
                "packets": server._udp.packets,
                "messages": dispatcher.messages,
                "errors": dispatcher.errors,
                "failures": dispatcher.failures,
                "dropped": server.service.limits.dropped,
                "xruns": engine.load.xruns,
                "rss_kib": resident_kib(),
                "subscribers": server.service.hub.count,
                "audio_died": repr(door.error) if door.error else "",
            }
            print(json.dumps(figures), flush=True)
        door.stop()
    return 0


class Serving:
    """The parent's side."""

    def __init__(self, chain: str = CHAIN) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, chain], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        ports = self._read()
        self.osc_port, self.http_port = ports["osc_port"], ports["http_port"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server has died")
        data: dict[str, Any] = json.loads(line)
        return data

    def figures(self) -> dict[str, Any]:
        """Figures since the last call."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> int:
        """End it; returns its exit code."""
        self._process.communicate()
        return self._process.returncode


def audio_line(name: str, f: dict[str, Any]) -> str:
    """A line about the audio thread."""
    return (
        f"{name:8s} {f['blocks']:7d} blocks  late {f['late_ms_median']:5.2f} / {f['late_ms_99']:5.2f} / "
        f"{f['late_ms_max']:6.1f} ms  spent {f['spent_ms_median']:5.2f} / {f['spent_ms_99']:5.2f} / "
        f"{f['spent_ms_max']:6.1f} ms (median, 99 %, worst)  over a block {100 * f['over_a_block']:.2f} %  "
        f"xruns {f['xruns']}"
    )


if __name__ == "__main__":
    sys.exit(main())
