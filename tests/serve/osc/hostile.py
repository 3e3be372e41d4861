# SPDX-License-Identifier: GPL-3.0-or-later
"""Malicious packets made from a seed: broken lengths, types, nesting, UTF-8, patterns, time tags."""

import random
import struct

WORDS = ("track", "1", "hall", "Gain", "mix", "n", "s", "gain_db", "board", "load", "*", "?", "**", "[a-z]*", "[!x]")
WORDS += (
    "{hall,Gain}",
    "{",
    "[",
    "[]",
    "{,}",
    "*" * 40,
    "[z-a]",
    "..",
    "é",
    "",
    " ",
    "#",
    "a" * 300,
    "subscribe",
    "take",
)
TAGS = "ifsbhdtcrmTFNI[]SxZ\x80,"


def packet(rng: random.Random, depth: int = 0) -> bytes:
    """A packet: a broken or valid message or bundle, noise, or one of these truncated, longer, or with flipped bits."""
    kind = rng.random()
    if kind < 0.55:
        data = message(rng)
    elif kind < 0.9 and depth < 12:
        data = bundle(rng, depth)
    else:
        data = rng.randbytes(rng.choice((0, 1, 3, 4, 8, 17, 64, 600)))
    return damaged(rng, data) if rng.random() < 0.5 else data


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Truncated, extended, or with flipped bits."""
    how = rng.randrange(4)
    if how == 0:
        return data[: rng.randrange(len(data) + 1)]
    if how == 1:
        return data + rng.randbytes(rng.randrange(9))
    flipped = bytearray(data)
    for _ in range(rng.randrange(1, 4) if data else 0):
        flipped[rng.randrange(len(flipped))] = rng.randrange(256)
    return bytes(flipped)


def padded(text: bytes) -> bytes:
    """An OSC string."""
    return text + b"\0" * (4 - len(text) % 4)


def message(rng: random.Random) -> bytes:
    """Addresses that exist, almost exist, or are patterns; arguments that fit their tags or do not."""
    address = "/" + "/".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 7)))
    if rng.random() < 0.3:
        address = rng.choice(
            ("/track/1/hall/mix", "/track/1/Gain/gain_db/n", "/track/*/*/mix", "/engine/load", "/ping")
        )
    tags = "".join(rng.choice(TAGS) for _ in range(rng.choice((0, 1, 1, 1, 2, 5, 80))))
    data = padded(address.encode("utf-8", "replace")) + padded(b"," + tags.encode("latin-1"))
    return data + b"".join(argument(rng, tag) for tag in tags)


def argument(rng: random.Random, tag: str) -> bytes:
    """Bytes for a type tag; one in ten has a wrong length."""
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(12))
    numbers = (0.0, 0.5, 1.0, -1.0, 1e30, float("nan"), float("inf"), -0.0)
    if tag == "f":
        return struct.pack(">f", rng.choice(numbers))
    if tag == "d":
        return struct.pack(">d", rng.choice((*numbers, 1e300)))
    if tag in "sS":
        return padded(rng.choice((b"", b"violin", b"\xff\xfe", b"../../etc/passwd", b"0.5", b"on", b"x" * 200)))
    if tag == "b":
        return struct.pack(">i", rng.choice((0, 1, 4, -1, 2**31 - 1))) + rng.randbytes(rng.choice((0, 4)))
    return rng.randbytes({"i": 4, "h": 8, "t": 8, "r": 4, "m": 4, "c": 4}.get(tag, 0))


def bundle(rng: random.Random, depth: int) -> bytes:
    """A bundle with time tags of all kinds, and wrong sizes."""
    now = 2208988800 + 1_700_000_000
    tag = rng.choice((0, 1, 2, 2**64 - 1, now << 32, (now + rng.randrange(-100, 100)) << 32, rng.getrandbits(64)))
    parts = [b"#bundle\0", struct.pack(">Q", tag)]
    for _ in range(rng.choice((0, 1, 2, 3)) if depth else rng.choice((0, 1, 2, 8))):
        element = packet(rng, depth + 1)
        size = len(element) if rng.random() < 0.9 else rng.choice((0, -4, 3, 2**31 - 1, len(element) + 4))
        parts += [struct.pack(">i", size), element]
    return b"".join(parts)
