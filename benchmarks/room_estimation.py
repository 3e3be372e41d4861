# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a room is heard in a wet recording: a violin line by FluidSynth in measured rooms, estimate beside truth.

T30: of the whole response. Wet: energy after ``--split-ms`` over the energy before it, dB in each octave 250..4000 Hz.
The default split is 20 ms, since a blind ear cannot tell the direct sound from what follows it so closely, and 2.5 ms
hold less than one period at 250 Hz. A room passes with T30 within 15 % and every octave within 3 dB.
"""

import argparse
import json
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ddsp_fx.analysis.features import extract
from ddsp_fx.dsp.decay import decay_times, octave_energies_db
from ddsp_fx.dsp.resample import resample
from ddsp_fx.training.blind_room import estimate_room
from ddsp_fx.training.features import Track

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
RATE, HOP = 16000, 320
ROOMS = ("jupylet_standrewschurch", "jupylet_maeshowe", "jack_lyons_hall", "st_margarets_church", "medium_hall")
OCTAVES_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0)


def _number(value: int) -> bytes:
    """A MIDI variable-length number."""
    groups = [value & 127]
    while value := value >> 7:
        groups.insert(0, value & 127 | 128)
    return bytes(groups)


def _events(seconds: float, seed: int) -> list[tuple[float, bytes]]:
    """A line in C major: detached, slurred and held notes with rests, swells and vibrato; (s, message) each."""
    rng = np.random.default_rng(seed)
    events, now, degree = [(0.0, bytes([0xC0, 40]))], 0.3, 7
    while now < seconds:
        low, high, overlap = [(0.12, 0.3, -0.05), (0.18, 0.45, 0.01), (0.6, 1.4, 0.0)][rng.integers(3)]
        for _ in range(rng.integers(4, 12)):
            degree = int(np.clip(degree + rng.choice([-4, -3, -2, -1, 1, 2, 3, 4]), 0, 20))
            key = 55 + 12 * (degree // 7) + (0, 2, 4, 5, 7, 9, 11)[degree % 7]
            length, swell = rng.uniform(low, high), rng.integers(70, 127, 2)
            events += [
                (now, bytes([0x90, key, int(rng.integers(45, 115))])),
                (now + length + overlap, bytes([0x80, key, 0])),
            ]
            for at in np.arange(0.0, length, 0.02):
                level = int(swell[0] + (swell[1] - swell[0]) * np.sin(2.1 * at / length))
                depth = np.clip((at - 0.1) / 0.2, 0.0, 1.0) * (length > 0.3)
                bend = 8192 + int(1024 * depth * np.sin(2 * np.pi * 5.7 * at))
                events += [(now + at, bytes([0xB0, 11, level])), (now + at, bytes([0xE0, bend & 127, bend >> 7]))]
            now += length
        now += rng.uniform(0.3, 1.2) * (rng.random() < 0.6)
    return sorted(events, key=lambda event: event[0])


def violin_line(soundfont: Path, seconds: float, seed: int) -> Floats:
    """The line, dry, (samples,) at 16 kHz."""
    track, last = b"\x00\xff\x51\x03\x0f\x42\x40", 0
    for at, message in _events(seconds, seed):
        track += _number(round(at * 1000) - last) + message
        last = round(at * 1000)
    track += b"\x00\xff\x2f\x00"
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "line.mid", Path(folder) / "line.wav"
        midi.write_bytes(
            b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1000) + b"MTrk" + struct.pack(">I", len(track)) + track
        )
        options = ["-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", "48000", "-F", str(wave)]
        subprocess.run(["fluidsynth", *options, str(soundfont), str(midi)], check=True, stdout=subprocess.DEVNULL)
        audio, rate = soundfile.read(wave, dtype="float32")
    return resample(audio.mean(axis=1), rate, RATE)


def room_response(path: Path) -> Doubles:
    """First channel at 16 kHz from its strongest tap, which becomes 1."""
    taps, rate = soundfile.read(path, dtype="float32", always_2d=True)
    response = resample(np.ascontiguousarray(taps[:, 0]), rate, RATE).astype(np.float64)
    peak = int(np.argmax(np.abs(response)))
    return response[peak:] / response[peak]


def wet_db(response: Doubles, split: int) -> Doubles:
    """Energy from tap ``split`` on over the energy before it, dB in each octave, (octaves,)."""
    before, after = response.copy(), response.copy()
    before[split:], after[:split] = 0.0, 0.0
    energies = octave_energies_db(before, RATE), octave_energies_db(after, RATE)
    return np.array([energies[1][c] - energies[0][c] for c in OCTAVES_HZ])


def measure(dry: Floats, true: Doubles, split: int) -> dict[str, object]:
    """Estimate the room ``true`` from ``dry`` played in it, and compare."""
    size = len(dry) + len(true)
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(true, size), size)[: len(dry)]
    wet = (0.5 * wet / np.abs(wet).max()).astype(np.float32)
    seen = extract(wet, RATE, "swift", "loudness", HOP)
    room = estimate_room([Track("line", wet, seen.f0_hz, seen.confidence, seen.level_db)], hop=HOP, sample_rate=RATE)
    learned = room.render(len(true), RATE).astype(np.float64)
    learned[0] = 1.0
    times = [decay_times(response, RATE).rt60_s for response in (true, learned)]
    levels = [wet_db(response, split) for response in (true, learned)]
    error = levels[1] - levels[0]
    passed = abs(times[1] / times[0] - 1.0) <= 0.15 and float(np.abs(error).max()) <= 3.0
    return {"t30_s": times, "wet_db": [row.tolist() for row in levels], "error_db": error.tolist(), "passed": passed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds rooms/*.flac")
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--seconds", type=float, default=160.0)
    parser.add_argument("--split-ms", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    dry = violin_line(options.soundfont, options.seconds, options.seed)
    split = round(options.split_ms * RATE / 1000)
    table = {}
    for name in ROOMS:
        row = measure(dry, room_response(options.data / "rooms" / f"{name}.flac"), split)
        table[name] = row
        if not options.json:
            true_s, learned_s = row["t30_s"]  # type: ignore[misc]
            errors = " ".join(f"{e:+5.1f}" for e in row["error_db"])  # type: ignore[attr-defined]
            print(f"{name:24s} T30 {true_s:.2f} s, learned {learned_s:.2f} ({learned_s / true_s - 1:+.0%})"  # type: ignore[has-type]
                  f"  wet error dB {errors}  {'pass' if row['passed'] else 'FAIL'}", flush=True)  # fmt: skip
    if options.json:
        print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
