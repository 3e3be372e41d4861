# SPDX-License-Identifier: GPL-3.0-or-later
"""A take with everything that a WAV can carry, and what is found in files afterwards."""

import struct
from pathlib import Path

import mutagen
from files.sounds import RATE, chunk, fmt, pcm16, put, voice, wave

from ddsp_fx.cli import main

HOUR = 3600
BEXT = (
    b"scene 4".ljust(256, b"\0")
    + b"recorder".ljust(32, b"\0")
    + bytes(32)
    + b"2026-11-2510:00:00"
    + struct.pack("<Q", HOUR * RATE)
    + struct.pack("<H", 2)
    + bytes(64)
    + struct.pack("<5h", -2300, 700, -100, -1800, -2000)
    + bytes(180)
    + b"A=PCM,F=22050\r\n"
)
IXML = b"<BWFXML><SCENE>4</SCENE><SPEED><TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>0</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>"
IXML += b"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>79380000</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO></SPEED></BWFXML>"
CUE = struct.pack("<I", 1) + struct.pack("<II4sIII", 1, 12000, b"data", 0, 0, 12000)
SMPL = struct.pack("<9I", 0, 0, 45351, 60, 0, 0, 0, 1, 0) + struct.pack("<6I", 0, 0, 1000, 20000, 0, 0)
ACID = struct.pack("<IHHfIHHf", 0, 60, 0, 0, 4, 4, 4, 120.0)
INFO = b"INFO" + chunk(b"INAM", b"Title\0") + chunk(b"IART", "Jürgen\0".encode())
ADTL = (
    b"adtl" + chunk(b"labl", b"\1\0\0\0verse\0") + chunk(b"ltxt", struct.pack("<II4s4H", 1, 500, b"rgn ", 0, 0, 0, 0))
)


def made_take(folder: Path) -> Path:
    behind = [
        chunk(b"cue ", CUE),
        chunk(b"smpl", SMPL),
        chunk(b"acid", ACID),
        chunk(b"LIST", INFO),
        chunk(b"LIST", ADTL),
    ]
    own = chunk(b"xyz ", b"whatever a program keeps here")
    data = chunk(b"data", pcm16(voice()))
    return put(folder / "in.wav", wave(chunk(b"bext", BEXT), fmt(), chunk(b"iXML", IXML), data, *behind, own))


def chunks_of(path: Path, order: str = "<") -> list[tuple[bytes, bytes]]:
    data, position, found = path.read_bytes(), 12, []
    assert struct.unpack(f"{order}I", data[4:8])[0] + 8 == len(data)
    while position < len(data):
        name, length = struct.unpack(f"{order}4sI", data[position : position + 8])
        found.append((name, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return found


def apply_to(source: Path, out: Path, *options: str) -> None:
    assert main(["apply", str(source), str(out), "Gain:gain_db=-6", "--no-tail", "--quiet", *options]) == 0


def comments_of(path: Path) -> dict[str, list[str]]:
    return {key.lower(): list(values) for key, values in dict(mutagen.File(path).tags).items()}
