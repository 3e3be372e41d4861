# SPDX-License-Identifier: GPL-3.0-or-later
"""Valid messages, 10,000 a second for a minute, to a running server; a second client receives all of them.

After each second, the value of every parameter is read. Exit code 1 if one is wrong at the server or the listener, or
if anything failed internally.
"""

import argparse
import json
import random
import select
import socket
import sys
import time
from typing import Any

from serving import Serving, audio_line

from ddsp_fx_bridge.osc.packets import decode, encode

ADDRESSES = (
    ["/track/1/violin-room/mix"]
    + [f"/track/1/violin/{name}/n" for name in ("pitch_shift", "loudness_offset", "voicing", "gate", "mix")]
    + [f"/track/1/violin/{name}/n" for name in ("harmonic_gain", "noise_gain", "output_gain", "autotune")]
    + ["/track/1/mix", "/track/1/Gain/gain_db"]
)
# Making a new response of the room takes 10 ms in the audio thread, whatever the rate of the changes.
SHAPING = "/track/1/violin-room/width"


def client(port: int) -> socket.socket:
    """A connected socket with a long timeout."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    one.settimeout(10.0)
    one.connect(("127.0.0.1", port))
    return one


def messages(data: bytes) -> list[Any]:
    return [message for group in decode(data) for message in group.messages]


class Listener:
    """The messages that the second client has received."""

    def __init__(self, port: int) -> None:
        self.socket = client(port)
        self.latest: dict[str, float] = {}
        self.count = 0

    def subscribe(self) -> None:
        self.socket.send(encode("/subscribe", ["/", 600.0]))
        self.socket.send(encode("/subscribe", ["/track/*/*/*/n", 600.0]))

    def drain(self, seconds: float) -> None:
        """Receive until nothing has come for `seconds`."""
        while select.select([self.socket], [], [], seconds)[0]:
            for message in messages(self.socket.recv(65536)):
                if message.address.startswith("/track"):
                    self.latest[message.address] = message.arguments[0]
                    self.count += 1


def ask(one: socket.socket, address: str) -> float:
    """The server's current value."""
    one.send(encode(address, []))
    while True:
        for message in messages(one.recv(65536)):
            if message.address == address:
                return float(message.arguments[0])


def second(one: socket.socket, listener: Listener, rate: int, rng: random.Random) -> tuple[int, dict[str, float]]:
    """Send one second's messages at an even pace; returns (their number, the last value of each)."""
    last: dict[str, float] = {}
    begin, sent, slices = time.perf_counter(), 0, 100
    for slice_number in range(slices):
        for _ in range(rate // slices):
            address = ADDRESSES[sent % len(ADDRESSES)]
            last[address] = rng.random()
            one.send(encode(address, [last[address]]))
            sent += 1
        listener.drain(0.0)
        time.sleep(max(0.0, begin + (slice_number + 1) / slices - time.perf_counter()))
    return sent, last


def wrong(values: dict[str, float], found: dict[str, float]) -> list[str]:
    """Addresses whose value differs from what was sent by more than 32-bit rounding."""
    return [a for a, v in values.items() if abs(found.get(a, 9.0) - v) > 1e-6]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=10_000, help="messages per second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reshape", action="store_true", help="move the width of the learned room, too")
    a = parser.parse_args()
    ADDRESSES.extend([SHAPING] if a.reshape else [])
    serving = Serving()
    one, listener, rng = client(serving.osc_port), Listener(serving.osc_port), random.Random(7)
    listener.subscribe()
    serving.figures()
    time.sleep(min(10.0, a.seconds))
    quiet = serving.figures()
    sent, wrong_at_server, wrong_at_listener, longest_s = 0, 0, 0, 0.0
    started = time.perf_counter()
    for _ in range(a.seconds):
        begin = time.perf_counter()
        count, last = second(one, listener, a.rate, rng)
        sent += count
        longest_s = max(longest_s, time.perf_counter() - begin)
        wrong_at_server += len(wrong(last, {address: ask(one, address) for address in last}))
        listener.drain(0.2)
        wrong_at_listener += len(wrong(last, listener.latest))
    seconds = time.perf_counter() - started
    f = serving.figures()
    code = serving.close()
    good = not (wrong_at_server or wrong_at_listener or f["failures"] or f["audio_died"] or code)
    if a.json:
        print(json.dumps({"sent": sent, "seconds": seconds, "figures": f, "quiet": quiet, "heard": listener.count}))
    else:
        checks = a.seconds * len(ADDRESSES)
        print(f"{sent} messages in {a.seconds} s (slowest second {longest_s:.2f} s; {seconds:.0f} s in all)")
        print(f"final values: of {checks}, {wrong_at_server} wrong at the server, {wrong_at_listener} at the listener,")
        print(f"              which was sent {listener.count} values")
        print(
            f"server: {f['messages']} messages, {f['errors']} refused, {f['dropped']} dropped, {f['failures']} failed"
        )
        print(audio_line("quiet", quiet))
        print(audio_line("flood", f))
        print("good" if good else "NOT GOOD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
