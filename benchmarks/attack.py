# SPDX-License-Identifier: GPL-3.0-or-later
"""Untrusted files at every entrance: damaged models, bundles, zips, boards, takes and uploads, from a seed.

Each kind is opened in a separate process by the functions that users call. Prints for each how many inputs worked, how
many were refused with a typed error, other exceptions, whether the process died or foreign code ran, and how much its
memory grew. Exit code 1 if anything but "worked" and "refused" happened, or memory grew by more than 600 MiB.

    python benchmarks/attack.py                 # 15,000 inputs, a quarter of an hour on two cores
    python benchmarks/attack.py --inputs 1500 --seed 7
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import resource
import shutil
import sys
import tempfile
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import DATA, mutated, tone, write_bundle

import ddsp_fx_plugins
from ddsp_fx.errors import DdspFxError

SHIPPED = Path(ddsp_fx_plugins.__path__[0])
# Shares of all inputs. An upload takes a separate process, so there are fewer of them.
SHARES = {"models": 0.47, "bundles": 0.2, "zips": 0.14, "boards": 0.14, "takes": 0.04, "uploads": 0.01}
MOST_GROWTH_MIB = 600
Attempt = Callable[[np.random.Generator, Path], None]


def models(rng: np.random.Generator, place: Path) -> None:
    """A model file, loaded and run for some steps."""
    from ddsp_fx.inference import ControlModel, load_runner

    sources = [SHIPPED / "violin" / "model.tflite", SHIPPED / "flute" / "model.tflite", DATA / "ddsp_vst_16k.tflite"]
    path = place / "model.tflite"
    path.write_bytes(mutated(sources[rng.integers(3)].read_bytes(), rng))
    model = ControlModel(load_runner(path))
    for midi in (40.0, 69.0, 100.0):
        model.step(midi, -20.0)


def bundles(rng: np.random.Generator, place: Path) -> None:
    """A bundle's folder with one damaged file and, unless that is the manifest, its correct hash; then played."""
    from ddsp_fx.bundles import Bundle, discover

    folder = place / "violin"
    names = ["bundle.toml", "model.tflite", "room.wav", "test_vectors.npz"]
    _copy(SHIPPED / "violin", folder, names)
    damaged = names[rng.choice(4, p=[0.4, 0.1, 0.4, 0.1])]
    (folder / damaged).write_bytes(mutated((folder / damaged).read_bytes(), rng))
    (folder / "__init__.py").write_text(f"open({str(place / 'ran')!r}, 'w')")
    if damaged != "bundle.toml":
        _rehash(folder, names[1:])
    discover([place])
    bundle = Bundle.open(folder)
    symbol = bundle.manifest.effects[rng.integers(len(bundle.manifest.effects))].symbol
    bundle.make(symbol)(tone(0.1, 16000), 16000)


def zips(rng: np.random.Generator, place: Path) -> None:
    """A zip: damaged, with one strange member, or with a wrong size."""
    from ddsp_fx.bundles.archive import open_archive

    path = place / "hall.zip"
    with zipfile.ZipFile(path, "w", int(rng.choice([0, 8, 8, 8, 12, 14]))) as archive:
        for file in sorted(write_bundle(place / "hall").iterdir()):
            archive.write(file, file.name)
        odd = ["../up", "/etc/x", "C:\\x", "room.wav", "ROOM.WAV", "con", "a" * 300, "x/../../y", "lpt1.wav", "ok.txt"]
        if rng.random() < 0.3:
            archive.writestr(odd[rng.integers(len(odd))], bytes(int(rng.integers(2000))))
    if rng.random() < 0.7:
        path.write_bytes(mutated(path.read_bytes(), rng))
    open_archive(path, place / "cache")


def boards(rng: np.random.Generator, place: Path) -> None:
    """A board's text: damaged, or with slots that ask for something forbidden."""
    from ddsp_fx.board import Board

    (place / "evil.vst3").mkdir(exist_ok=True)
    delay_s, rate_hz = (float(10.0 ** rng.uniform(-3, 12)) for _ in range(2))
    asks: list[Any] = [
        {"type": "plugin file", "path": str(place / "evil.vst3"), "state": ""},
        {"type": "pedalboard", "name": "VST3Plugin", "parameters": {"path_to_plugin_file": str(place / "evil.vst3")}},
        {"type": "pedalboard", "name": "Convolution", "parameters": {"impulse_response_filename": "/etc/passwd"}},
        {"type": "effect", "name": "violin-room", "parameters": {"mix": 0.5}},
        {"type": "pedalboard", "name": "Delay", "parameters": {"delay_seconds": delay_s}},
        {
            "type": "pedalboard",
            "name": "Resample",
            "parameters": {"target_sample_rate": rate_hz},
        },
        {"type": "container", "name": "Mix", "slots": [{"type": "pedalboard", "name": "Gain", "parameters": {}}]},
    ]
    slots = [asks[i] for i in rng.integers(0, len(asks), rng.integers(1, 4))]
    text = json.dumps({"format": "ddsp-fx board", "version": 1, "slots": slots, "mix": 1.0})
    if rng.random() < 0.5:
        text = mutated(text.encode() + b" " * 64, rng).decode("utf-8", "replace")
    Board.from_json(text)(tone(0.1, 16000, channels=2), 16000)


def takes(rng: np.random.Generator, place: Path) -> None:
    """A damaged take, read and fitted to a board."""
    import pedalboard

    from ddsp_fx.automation import read_take, take_event, take_header
    from ddsp_fx.board import Board

    board = Board([pedalboard.Gain()])
    lines = [take_header(48000.0, board.to_json()), *(take_event(480 * i, "Gain.gain_db", -1.0 * i) for i in range(9))]
    path = place / "take.jsonl"
    path.write_bytes(mutated("".join(lines).encode(), rng))
    read_take(path).automation.check(board)


def _copy(source: Path, target: Path, names: list[str]) -> None:
    target.mkdir(exist_ok=True)
    for name in names:
        (target / name).write_bytes((source / name).read_bytes())


def _rehash(folder: Path, names: list[str]) -> None:
    text = (folder / "bundle.toml").read_text()
    for name in names:
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        text = re.sub(rf'(path = "{re.escape(name)}"\s+sha256 = ")[0-9a-f]{{64}}', rf"\g<1>{found}", text)
    (folder / "bundle.toml").write_text(text)


def uploads(count: int, seed: int, place: Path) -> dict[str, Any]:
    """Sound files that are damaged or have wrong headers, sent to a server with two tracks; how its process fared."""
    from attack_uploads import send_all

    return send_all(count, seed, place)


FILES: dict[str, Attempt] = {f.__name__: f for f in (models, bundles, zips, boards, takes)}


def victim(kind: str, seeds: list[int], place: str, results: Any) -> None:
    """Runs in a separate process: every seed gives one input."""
    import pedalboard

    ran: list[str] = []
    pedalboard.load_plugin = lambda path, **_: ran.append(str(path))  # type: ignore[assignment]
    warnings.simplefilter("ignore")
    os.environ["XDG_CACHE_HOME"] = str(Path(place) / "home")
    for number, seed in enumerate(seeds):
        folder = Path(tempfile.mkdtemp(dir=place))
        try:
            FILES[kind](np.random.default_rng(seed), folder)
            outcome = "worked"
        except DdspFxError:
            outcome = "refused"
        except BaseException:
            outcome = f"RAISED {traceback.format_exc(limit=-2)}"
        if ran or (folder / "ran").exists():
            outcome = f"RAN {ran}"
        shutil.rmtree(folder, ignore_errors=True)
        if number == len(seeds) // 10:
            before = _peak_mib()
        results.send((seed, outcome, _peak_mib() - before if number > len(seeds) // 10 else 0))


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def attacked(kind: str, count: int, seed: int, place: Path) -> dict[str, Any]:
    """All inputs of one kind. If the process dies, its seed is reported, and another process continues."""
    seeds = [int(s) for s in np.random.default_rng(seed).integers(0, 1 << 60, count)]
    outcomes: Counter[str] = Counter()
    notes, growth, deaths = [], 0, 0
    while seeds:
        results, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(target=victim, args=(kind, seeds, str(place), sender))
        process.start()
        sender.close()
        for done, outcome, grown in _until_dead(results):
            seeds = seeds[1:] if seeds and seeds[0] == done else seeds
            growth = max(growth, grown)
            outcomes[outcome.split(" ")[0]] += 1
            if outcome not in ("worked", "refused"):
                notes.append(f"seed {done}: {outcome}")
        process.join()
        if seeds:
            deaths += 1
            notes.append(f"seed {seeds[0]}: the process died, exit code {process.exitcode}")
            seeds = seeds[1:]
    return {**outcomes, "deaths": deaths, "grown_mib": growth, "notes": notes[:5]}


def _until_dead(results: Any) -> Iterator[tuple[int, str, int]]:
    while True:
        try:
            yield results.recv()
        except EOFError:
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=15000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=SHARES, default=list(SHARES))
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    report, bad = {}, False
    with tempfile.TemporaryDirectory() as place:
        for kind in a.kinds:
            count = max(1, round(a.inputs * SHARES[kind]))
            run = uploads if kind == "uploads" else lambda *rest, kind=kind: attacked(kind, *rest)
            report[kind] = {"inputs": count, **run(count, a.seed, Path(place))}
            found = report[kind]
            bad |= bool(found["deaths"] or found["notes"] or found["grown_mib"] > MOST_GROWTH_MIB)
            if not a.json:
                print(f"{kind:8s} " + "  ".join(f"{k} {v}" for k, v in found.items()), flush=True)
    if a.json:
        print(json.dumps(report, indent=2))
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
