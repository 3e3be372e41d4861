# SPDX-License-Identifier: GPL-3.0-or-later
"""Random solo lines as MIDI files, and their dry rendering by fluidsynth.

For instruments without free recordings, and for tests that need to know the notes.
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.resample import resample
from ddsp_fx.errors import AudioError

Event = tuple[float, bytes]
TICKS_PER_SECOND = 960
MAJOR = (0, 2, 4, 5, 7, 9, 11)
CONTROL_STEP_S = 0.012
# The bend range is two semitones up and down.
BEND_PER_SEMITONE = 4096
EXPRESSION = 11


@dataclass(frozen=True)
class SoundfontPlayer:
    """An instrument of a General MIDI soundfont and the diatonic steps it plays, upwards from its lowest key.

    `vibrato_semitones` is the greatest depth of a phrase's vibrato.
    """

    program: int
    lowest_key: int
    degrees: int
    vibrato_semitones: float = 0.35


PLAYERS = {
    "violin": SoundfontPlayer(40, 55, 18),
    "cello": SoundfontPlayer(42, 36, 21),
    "flute": SoundfontPlayer(73, 60, 18, 0.25),
    "trumpet": SoundfontPlayer(56, 54, 15, 0.2),
    "tenor saxophone": SoundfontPlayer(66, 46, 16, 0.3),
    "clarinet": SoundfontPlayer(71, 50, 19, 0.1),
    "oboe": SoundfontPlayer(68, 58, 15, 0.3),
}


def line(player: SoundfontPlayer, seconds: float, seed: int) -> bytes:
    """A Standard MIDI File of phrases with varied speed, articulation, dynamics and vibrato, and rests between them."""
    random = np.random.default_rng(seed)
    events: list[Event] = [(0.0, bytes([0xC0, player.program]))]
    time_s, degree = 0.5, player.degrees // 2 + 1
    while time_s < seconds:
        time_s, degree = _phrase(player, events, random, time_s, degree)
        if random.random() < 0.5:
            time_s += random.uniform(0.3, 1.3)
    return _midi_file(events)


def _phrase(
    player: SoundfontPlayer, events: list[Event], random: np.random.Generator, start_s: float, degree: int
) -> tuple[float, int]:
    count, note_s = int(random.integers(4, 12)), float(random.choice([0.14, 0.22, 0.35, 0.6, 1.2]))
    sounding = 1.0 if random.random() < 0.55 else random.uniform(0.45, 0.9)
    expression, vibrato = (
        random.uniform(45, 127, 2),
        (random.uniform(0.0, player.vibrato_semitones), random.uniform(5.0, 6.5)),
    )
    time_s = start_s
    for _ in range(count):
        degree = int(np.clip(degree + random.choice([-4, -3, -2, -1, -1, 1, 1, 2, 3, 4]), 0, player.degrees))
        key = player.lowest_key + 12 * (degree // 7) + MAJOR[degree % 7]
        length_s = note_s * float(random.choice([0.5, 1.0, 1.0, 1.0, 2.0]))
        events.append((time_s, bytes([0x90, key, int(random.integers(55, 115))])))
        events.append((time_s + length_s * sounding, bytes([0x80, key, 0])))
        share = np.clip((time_s - start_s) / (count * note_s), 0.0, 1.0)
        _controls(events, time_s, length_s, (1.0 - share) * expression[0] + share * expression[1], vibrato)
        time_s += length_s
    return time_s, degree


def _controls(events: list[Event], start_s: float, length_s: float, level: float, vibrato: tuple[float, float]) -> None:
    depth_semitones, rate_hz = vibrato
    for offset_s in np.arange(0.0, length_s, CONTROL_STEP_S):
        swell = 0.85 + 0.15 * np.sin(np.pi * offset_s / length_s)
        events.append((start_s + offset_s, bytes([0xB0, EXPRESSION, int(np.clip(level * swell, 20, 127))])))
        depth = depth_semitones * min(1.0, offset_s / 0.25)
        bend = 8192 + int(BEND_PER_SEMITONE * depth * np.sin(2 * np.pi * rate_hz * offset_s))
        events.append((start_s + offset_s, bytes([0xE0, bend & 127, bend >> 7])))


def _midi_file(events: list[Event]) -> bytes:
    body, last = bytearray(), 0
    for time_s, message in sorted(events, key=lambda event: event[0]):
        tick = round(time_s * TICKS_PER_SECOND)
        body += _variable_length(tick - last) + message
        last = tick
    body += b"\x00\xff\x2f\x00"
    # Without a tempo event, a file plays at 120 beats per minute: two quarters per second.
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_SECOND // 2)
    return header + b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _variable_length(number: int) -> bytes:
    out = [number & 127]
    while number := number >> 7:
        out.insert(0, number & 127 | 128)
    return bytes(out)


def render(player: SoundfontPlayer, soundfont: Path, seconds: float, seed: int, sample_rate: int) -> Floats:
    """Play the line dry, mono, peak 0.5; raises AudioError if fluidsynth is missing or fails."""
    from pedalboard.io import AudioFile

    _require_soundfont(soundfont)
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "line.mid", Path(folder) / "line.wav"
        midi.write_bytes(line(player, seconds, seed))
        dry = ["-R", "0", "-C", "0", "-g", "0.8", "-r", "44100"]
        command = ["fluidsynth", "-n", "-i", "-q", *dry, "-F", str(wave), str(soundfont), str(midi)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise AudioError(
                f"fluidsynth: {error}; install it (apt-get install fluidsynth) and check the soundfont"
            ) from None
        with AudioFile(str(wave)) as file:
            audio, rate = file.read(file.frames), file.samplerate
    mono = resample(audio.mean(axis=0), rate, sample_rate)
    return np.asarray(mono * (0.5 / np.abs(mono).max()), np.float32)


def _require_soundfont(path: Path) -> None:
    """Check the file, because fluidsynth takes an unknown file for MIDI and plays its default soundfont."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}") from None
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise AudioError(f"{path}: not a soundfont; expected an .sf2 file (RIFF sfbk), its first bytes are {head!r}")
