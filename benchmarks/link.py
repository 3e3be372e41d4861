# SPDX-License-Identifier: GPL-3.0-or-later
"""The link between a plugin in a DAW and the engine: its latency, how often it is late, and engines that die.

For each block size, alternating in one run:
- engine: from writing a block to its answer, at the pace of a sound card, in microseconds;
- socket: as many bytes over a Unix socket to a thread and back, without an engine;
- wake-up: how late the system woke the caller, which is the machine's noise;
- late: the share of blocks that were not back within the link's latency (ddsp-fx vst latency).

With --kills N, an engine is killed, or stopped and killed, N times while two plugins play. Clicks in their output are
steps that neither the input nor the room has.

With --starts N, an engine is started N times: maximum and median seconds until it answers, from then until the first
plugin sounds, and until the second does.

    python benchmarks/link.py --board violin
    python benchmarks/link.py --board violin-room --kills 200
    python benchmarks/link.py --board violin-room --starts 5
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from ddsp_fx_bridge.vst.sources import source_folder

SERVE = [sys.executable, "-m", "ddsp_fx.cli", "serve", "--link", "--osc-port", "0", "--http-port", "0", "--quiet"]


class Bench:
    """The native programs, and an engine for them."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "link"
        self.environment = {**os.environ, "DDSP_FX_LINK": str(self.socket), "DDSP_FX_ENGINE": ""}
        self.engine: subprocess.Popen[bytes] | None = None
        build = folder / "build"
        for words in (
            ["cmake", "-S", str(source_folder()), "-B", str(build), "-DDDSP_FX_TESTS=ON"],
            ["cmake", "--build", str(build), "--parallel", "2", "--target", "soak", "latency"],
        ):
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        self.programs = build / "tests"

    def start(self) -> None:
        """Start an engine and wait until it answers."""
        self.engine = subprocess.Popen(SERVE, env=self.environment, stdout=subprocess.DEVNULL)
        while not self.socket.exists():
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill the engine."""
        if self.engine is not None:
            self.engine.kill()
            self.engine.wait()
            self.engine = None
            self.socket.unlink(missing_ok=True)

    def run(self, program: str, *words: object) -> dict[str, Any]:
        """Run a program; returns its report."""
        command = [str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True)
        report: dict[str, Any] = json.loads(done.stdout)
        return report


def timing(bench: Bench, board: str, seconds: float) -> list[dict[str, Any]]:
    """A row per block size."""
    bench.start()
    rows = []
    print("| block | engine median / 99 % | socket median / 99 % | wake-up median / 99 % | late |")
    print("| --- | --- | --- | --- | --- |")
    for block in (64, 128, 256, 512, 1024):
        row = bench.run("latency", board, block, round(seconds * 48000 / block))
        played = bench.run("soak", board, 1, block, seconds, "live")
        row["late"] = played["late"] / played["blocks"]
        rows.append(row)
        times = " | ".join(f"{row[n]['median']:.0f} / {row[n]['p99']:.0f} us" for n in ("engine", "socket", "wake_up"))
        print(f"| {block} | {times} | {row['late']:.2%} |", flush=True)
    bench.kill()
    return rows


def starts(bench: Bench, board: str, count: int) -> dict[str, list[float]]:
    """Maximum and median seconds until an engine answers, its first plugin sounds, and its second."""
    waits: dict[str, list[float]] = {"answers": [], "first_sounds": [], "second_sounds": []}
    for _ in range(count):
        for name in waits:
            begun = time.perf_counter()
            if name == "answers":
                bench.start()
            else:
                bench.run("soak", board, 1, 512, 0, "live")
            waits[name].append(time.perf_counter() - begun)
        bench.kill()
    return {name: [round(max(seconds), 3), round(statistics.median(seconds), 3)] for name, seconds in waits.items()}


def kills(bench: Bench, board: str, count: int) -> dict[str, Any]:
    """Two plugins that play while their engine dies repeatedly."""
    before = set(Path("/dev/shm").iterdir())
    chance, done, stopped = random.Random(1), threading.Event(), 0
    report: dict[str, Any] = {}

    def play() -> None:
        while not done.is_set():
            part = bench.run("soak", board, 2, 512, 20, "live")
            for name, value in part.items():
                report[name] = max(report.get(name, 0), value) if name == "longest_us" else report.get(name, 0) + value

    bench.start()
    player = threading.Thread(target=play)
    player.start()
    for n in range(count):
        if bench.engine is None:
            bench.start()
        time.sleep(chance.uniform(0.0, 3.0))
        if n % 4 == 0 and bench.engine is not None:
            bench.engine.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            stopped += 1
        bench.kill()
        print(f"\r{n + 1} of {count} engines killed", end="", file=sys.stderr, flush=True)
    done.set()
    bench.start()
    player.join()
    bench.kill()
    left = sorted(map(str, set(Path("/dev/shm").iterdir()) - before))
    return {"killed": count, "stopped_first": stopped, **report, "left_in_dev_shm": left}


def main() -> None:
    """Print the table, or the report of the kills."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", default="violin")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--kills", type=int, default=0, metavar="N")
    parser.add_argument("--starts", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder))
        if arguments.kills:
            print(json.dumps(kills(bench, arguments.board, arguments.kills), indent=2))
        elif arguments.starts:
            print(json.dumps(starts(bench, arguments.board, arguments.starts), indent=2))
        else:
            timing(bench, arguments.board, arguments.seconds)


if __name__ == "__main__":
    main()
