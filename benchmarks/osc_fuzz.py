# SPDX-License-Identifier: GPL-3.0-or-later
"""Malicious packets to a running server: from a seed, broken in length, type, nesting, UTF-8, patterns and time tags.

Prints the server's figures before and after. Exit code 1 if anything failed internally, the audio thread died, packets
were lost, or memory grew by more than 8 MiB after the first tenth.
"""

import argparse
import json
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from serve.osc.hostile import packet
from serving import Serving, audio_line

from ddsp_fx_bridge.osc.packets import decode, encode

CLIENTS, WINDOW = 8, 48
GROWTH_KIB = 8192


def settle(client: socket.socket, token: int) -> int:
    """Wait until the server answers our ping; returns the number of messages before that."""
    said = 0
    client.send(encode("/ping", [token]))
    while True:
        try:
            data = client.recv(65536)
        except TimeoutError:
            client.send(encode("/ping", [token]))
            continue
        ((message,),) = [group.messages for group in decode(data)]
        if message.address == "/pong" and message.arguments == (token,):
            return said
        said += 1


class Sink:
    """A process that only reads and answers pings, as the server does, so that the machine's load is the same."""

    CODE = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    data, source = s.recvfrom(65536)
    if data.startswith(b"/ping\\0\\0\\0,i\\0\\0") and len(data) == 16:
        s.sendto(b"/pong" + data[5:], source)
"""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", self.CODE], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.osc_port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def flood(serving: Serving, port: int, total: int, seed: int) -> tuple[int, list[int], list[dict[str, Any]]]:
    """(answers, resident KiB at each tenth, figures at each tenth)."""
    rng = random.Random(seed)
    clients = []
    for _ in range(CLIENTS):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(1.0)
        client.connect(("127.0.0.1", port))
        clients.append(client)
    answers, figures = 0, []
    for sent in range(0, total, WINDOW):
        client = clients[(sent // WINDOW) % CLIENTS]
        for _ in range(min(WINDOW, total - sent)):
            client.send(packet(rng))
        answers += settle(client, sent)
        if sent // WINDOW % max(1, total // WINDOW // 10) == 0:
            figures.append(serving.figures())
            print(f"{sent:8d} packets, resident {figures[-1]['rss_kib']} KiB", file=sys.stderr, flush=True)
    for client in clients:
        client.close()
    return answers, [f["rss_kib"] for f in figures], figures


def _worst(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The part with the latest blocks; the remainder after the last tenth is too short to count."""
    longest = max(part["blocks"] for part in parts)
    return max((part for part in parts if part["blocks"] > longest / 10), key=lambda part: part["late_ms_99"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet-s", type=float, default=20.0, help="seconds without packets first, for comparison")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    serving = Serving()
    serving.figures()
    time.sleep(a.quiet_s)
    quiet = serving.figures()
    sink = Sink()
    _, _, elsewhere = flood(serving, sink.osc_port, a.packets // 10, a.seed)
    sink.close()
    beside = serving.figures()
    worst_beside = _worst([*elsewhere[1:], beside])
    started = time.perf_counter()
    answers, resident, parts = flood(serving, serving.osc_port, a.packets, a.seed)
    seconds = time.perf_counter() - started
    end = serving.figures()
    code = serving.close()
    worst = _worst([*parts[1:], end])
    growth = max(resident[2:] or resident) - (resident[1] if len(resident) > 1 else resident[0])
    lost = a.packets - (end["packets"] - 0)
    good = not end["failures"] and not end["audio_died"] and lost <= 0 and growth < GROWTH_KIB and code == 0
    if a.json:
        print(json.dumps({"quiet": quiet, "end": end, "worst": worst, "resident_kib": resident, "seconds": seconds}))
    else:
        print(f"{a.packets} packets, seed {a.seed}, in {seconds:.0f} s; {answers} answers and errors came back")
        print(f"server: {end['packets']} packets with our pings, {end['messages']} messages, {end['errors']} refused,")
        print(f"        {end['dropped']} dropped as too fast, {end['failures']} failed inside, lost {max(0, lost)}")
        print(f"memory: {resident} KiB, growth after the first tenth {growth} KiB")
        print(audio_line("quiet", quiet))
        print(audio_line("sink", worst_beside), "(the worst tenth of a tenth as many, sent to another process)")
        print(audio_line("server", worst), "(the worst tenth)")
        print("good" if good else "NOT GOOD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
