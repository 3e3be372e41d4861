# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads to a running server: the part of attack.py that needs a server."""

import io
import os
import re
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pedalboard.io import AudioFile
from support import mutated, tone

NAMES = ("wav", "flac", "aiff", "mp3", "ogg")


def _sound(suffix: str) -> bytes:
    buffer = io.BytesIO()
    with AudioFile(buffer, "w", 44100, 2, format=suffix) as file:
        file.write(tone(0.2, 44100, channels=2))
    return buffer.getvalue()


def _lying(rng: np.random.Generator) -> bytes:
    """A WAV of a few kilobytes whose header claims up to 4 GiB."""
    sound = (rng.standard_normal(2000) * 3000).astype("<i2").tobytes()
    claimed = int(rng.choice([0x18000000, 0xFFFFFF00, 0x7FFFFFFF, len(sound) * 1000]))
    channels = int(rng.choice([1, 2, 2000]))
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, channels, 48000, 96000 * channels, 2 * channels, 16)
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + head + b"data" + struct.pack("<I", claimed) + sound


class Playing:
    """`ddsp-fx serve` with two tracks, timed by the system clock."""

    def __init__(self, place: Path) -> None:
        words = [
            "serve",
            "--clock",
            "--osc-port",
            "0",
            "--http-port",
            "0",
            "--boards",
            str(place),
            "--takes",
            str(place),
        ]
        command = [sys.executable, "-m", "ddsp_fx.cli", *words, "violin-room", "Gain"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = ""
        while not self.url:
            line = self.process.stdout.readline()
            assert line, "the server did not start"
            found = re.search(r"http://[\d.:]+/", line)
            self.url = found.group() if found else ""

    def resident_mib(self) -> int:
        """The current memory of the engine's process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") >> 20

    def position(self) -> int:
        """The current position of the audio."""
        with urllib.request.urlopen(f"{self.url}engine/position?VALUE", timeout=60) as answer:
            return int(re.search(rb"\d+", answer.read()).group())  # type: ignore[union-attr]

    def post(self, name: str, body: bytes) -> int:
        """Upload one file; returns the status."""
        request = urllib.request.Request(f"{self.url}api/render?track=1&name={name}", data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                while answer.read(1 << 20):
                    pass
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


def send_all(count: int, seed: int, place: Path) -> dict[str, Any]:
    """Count statuses; report a crash, internal failures (500), or audio that has stopped."""
    rng = np.random.default_rng(seed)
    server = Playing(place)
    before, statuses, notes = server.resident_mib(), Counter[str](), []
    peak = before
    for number in range(count):
        suffix = NAMES[rng.integers(len(NAMES))]
        body = _lying(rng) if rng.random() < 0.3 else mutated(_sound(suffix), rng)
        status = server.post(f"x.{suffix}", body)
        peak = max(peak, server.resident_mib())
        statuses["worked" if status == 200 else "refused"] += 1
        if status not in (200, 400, 413, 422):
            notes.append(f"upload {number} ({suffix}): status {status}")
    at = server.position()
    time.sleep(0.5)
    if server.position() <= at:
        notes.append("the audio stands still")
    died = server.process.poll() is not None
    server.process.terminate()
    server.process.communicate()
    return {**statuses, "deaths": int(died), "grown_mib": peak - before, "notes": notes[:5]}
