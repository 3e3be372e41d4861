# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon the engine answers plugins: pretended ones push blocks at the clock's rate, as a DAW does.

    python benchmarks/link_latency.py --plugins 4 --block 256 --chain "violin | violin-room"

Prints a line: answers, the median, the 99th percentile and the latest in ms, and how many came later than the plugin's
link latency (a block and 10 ms), which would have been dry. The pretended plugins are Python too and share the machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from link.fake_plugin import FakePlugin, wait_until

from ddsp_fx_bridge.link.segment import Header, untag

RATE = 48000
# The first blocks pay for what is compiled or touched for the first time.
WARM_BLOCKS = 50


def play(plugin: FakePlugin, block: int, blocks: int, delays_s: list[float]) -> None:
    """At the clock's rate; how long each block's output took."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2, block)).astype(np.float32)
    plugin.activate()
    due = time.perf_counter()
    for index in range(blocks):
        due += block / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        started = time.perf_counter()
        plugin.push(noise)
        while untag(plugin.segment.output_end).position < plugin.position:
            plugin.segment.output_futex.wait(plugin.segment.output_signal, 0.001)
        if index >= WARM_BLOCKS:
            delays_s.append(time.perf_counter() - started)


def measure(socket: Path, arguments: argparse.Namespace) -> list[float]:
    """Of all plugins together."""
    wait_until(socket.exists)
    header = Header(2, 131072, RATE, arguments.block + RATE // 100, 4096)
    plugins = [FakePlugin(socket) for _ in range(arguments.plugins)]
    for plugin in plugins:
        plugin.hello()
        plugin.send("load", arguments.chain)
        print(*(fields[2] for fields in plugin.attach(header) if fields[0] == "error"), end="", file=sys.stderr)
    delays_s: list[float] = []
    blocks = WARM_BLOCKS + round(arguments.seconds * RATE / arguments.block)
    threads = [threading.Thread(target=play, args=(plugin, arguments.block, blocks, delays_s)) for plugin in plugins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for plugin in plugins:
        plugin.close()
    return delays_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugins", type=int, default=1)
    parser.add_argument("--block", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--chain", default="violin-room")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "link"
        words = [sys.executable, "-m", "ddsp_fx.cli", "serve", "--quiet", "--link", "--link-socket", str(socket)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, env=os.environ) as engine:
            try:
                delays_ms = 1000.0 * np.array(measure(socket, arguments))
            finally:
                engine.terminate()
    limit_ms = 1000.0 * arguments.block / RATE + 10.0
    late = int((delays_ms > limit_ms).sum())
    median, most = np.percentile(delays_ms, [50, 99])
    print(
        f"{arguments.plugins} x {arguments.chain!r}, blocks of {arguments.block}: {len(delays_ms)} answers, median "
        f"{median:.2f} ms, 99 % within {most:.2f} ms, the latest {delays_ms.max():.2f} ms; "
        f"{late} later than {limit_ms:.1f} ms"
    )


if __name__ == "__main__":
    main()
