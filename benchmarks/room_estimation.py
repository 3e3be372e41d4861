# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a room is estimated from a wet recording: a violin line by FluidSynth in measured rooms, against the truth.

T30: of the whole response. Wet: energy after ``--split-ms`` over the energy before it, in dB, for octaves 250..4000 Hz.
The default split is 20 ms, because a blind estimate cannot separate the direct sound from what follows so soon, and 2.5
ms hold less than one period at 250 Hz. A room passes with T30 within 15 % and every octave within 3 dB.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from room_truth import RATE, SPLIT_MS, Doubles, Floats, in_room, measured_room, wet_db

from ddsp_fx.analysis.features import extract
from ddsp_fx.dsp.decay import decay_times
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.soundfont import PLAYERS, render
from ddsp_fx.training.room.blind_estimate import estimate_room

HOP = 320
ROOMS = ("jupylet_standrewschurch", "jupylet_maeshowe", "jack_lyons_hall", "st_margarets_church", "medium_hall")


def measure(dry: Floats, true: Doubles, split_ms: float) -> dict[str, object]:
    """Estimate the room ``true`` from ``dry`` played in it, and compare."""
    _, wet = in_room(dry, true)
    seen = extract(wet, RATE, "swift", "loudness", HOP)
    room = estimate_room([Passage("line", wet, seen.f0_hz, seen.confidence, seen.level_db)], hop=HOP, sample_rate=RATE)
    learned = room.render(len(true), RATE).astype(np.float64)
    learned[0] = 1.0
    times = [decay_times(response, RATE).rt60_s for response in (true, learned)]
    levels = [wet_db(response, split_ms) for response in (true, learned)]
    error = levels[1] - levels[0]
    passed = abs(times[1] / times[0] - 1.0) <= 0.15 and float(np.abs(error).max()) <= 3.0
    return {"t30_s": times, "wet_db": [row.tolist() for row in levels], "error_db": error.tolist(), "passed": passed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with rooms/*.flac")
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--seconds", type=float, default=160.0)
    parser.add_argument("--split-ms", type=float, default=SPLIT_MS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    dry = render(PLAYERS["violin"], options.soundfont, options.seconds, options.seed, RATE)
    table = {}
    for name in ROOMS:
        row = measure(dry, measured_room(options.data / "rooms" / f"{name}.flac"), options.split_ms)
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
