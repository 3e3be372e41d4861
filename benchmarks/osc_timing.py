# SPDX-License-Identifier: GPL-3.0-or-later
"""From message to sound: a switch is toggled over UDP, and the sample at which the output changes is found.

With a time tag: the distance from the sample that was at the input then (the board has no latency). Without one: the
time from sending until the block with the change is out. Exit code 1 if a tagged change is over a block off.
"""

import argparse
import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard

from ddsp_fx import Board
from ddsp_fx_bridge.cli.session import interpreter_for_audio
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.engine.doors import ClockDoor
from ddsp_fx_bridge.osc.packets import encode, encode_bundle
from ddsp_fx_bridge.server import Doors, Server

RATE, BLOCK = 48000, 256


class Ear:
    """Sends ones, inverted; the first sample that is not -1 (or not 1) is where the bypass was toggled."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.heard = engine, []  # type: tuple[Engine, list[tuple[int, float]]]
        self._ones = np.ones((2, BLOCK), np.float32)
        self._last = -1.0

    def read(self, n: int) -> Any:
        del n
        return self._ones

    def write(self, out: Any) -> None:
        """Record the position of each change of the output, and the block's time."""
        moved = np.flatnonzero(out[0] != self._last)
        if moved.size and abs(self._last) == 1.0:
            position = self._engine.position - BLOCK + int(moved[0])
            self.heard.append((position, time.time()))
        self._last = float(out[0, -1])


def throw(client: socket.socket, ear: Ear, on: bool, at_s: float | None) -> tuple[int, float, float]:
    """Toggle once; returns (position, time of the block, time of sending)."""
    before = len(ear.heard)
    message = encode("/track/1/bypass", [on])
    sent = time.time()
    client.send(encode_bundle([message], at_s) if at_s is not None else message)
    while len(ear.heard) == before:
        time.sleep(0.005)
    time.sleep(0.06)  # until the ramp has ended
    position, block_s = ear.heard[-1]
    return position, block_s, sent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--throws", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    engine = Engine(Layout(RATE, BLOCK, 2))
    track = engine.add_track(Board([pedalboard.Invert()]))
    ear = Ear(engine)
    folder = Path(tempfile.mkdtemp())
    off_samples, wait_ms = [], []
    rng = np.random.default_rng(1)
    with (
        interpreter_for_audio(),
        Server(engine, folder, folder, Doors(osc_port=0, http_port=0, realtime=True)) as server,
    ):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect(("127.0.0.1", server.osc_port))
        door = ClockDoor(engine, ear.read, ear.write, realtime=True)
        door.start()
        time.sleep(0.5)
        for number in range(a.throws):
            at_s = time.time() + 0.1 + rng.uniform(0.0, 0.4)
            position, _, _ = throw(client, ear, number % 2 == 0, at_s)
            off_samples.append(position - track.clock.sample_at(at_s - time.time() + time.monotonic()))
        for number in range(a.throws):
            time.sleep(rng.uniform(0.0, 0.02))
            _, block_s, sent = throw(client, ear, number % 2 == 0, None)
            wait_ms.append(1000.0 * (block_s - sent))
        door.stop()
        client.close()
    off, wait = np.array(off_samples), np.array(wait_ms)
    if a.json:
        print(json.dumps({"off_samples": off.tolist(), "wait_ms": wait.tolist()}))
    else:
        print(f"{a.throws} time tags: off by {off.min()} to {off.max()} samples, a block has {BLOCK}")
        percentile = float(np.percentile(wait, 99))
        print(
            f"{a.throws} messages at once: heard after {np.median(wait):.2f} ms median, {percentile:.2f} ms 99 %, "
            f"{wait.max():.2f} ms worst; a block lasts {1000.0 * BLOCK / RATE:.2f} ms"
        )
    return 0 if np.abs(off).max() <= BLOCK else 1


if __name__ == "__main__":
    sys.exit(main())
