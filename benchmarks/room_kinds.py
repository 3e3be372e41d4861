# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares kinds of room: decaying noise, estimated beforehand; taps or decaying noise, trained by the spectral loss.

Dry rendered violin is played in a measured room, and a decoder is trained on the wet sound with each kind in turn, from
the same first stage and on the same clips, with the last 25 s held out. `free` is the paper's room, in which every tap
is a weight, starting from decaying noise 20 dB down; `slower` moves a tap a tenth as far per step. A kind that is found
in --run-dir is not trained again. Each line has
- `rt60_s` (T30, else T20); in the first line, that of the measured room;
- `wet_db`: mean |error|, in octaves from 250 Hz to 4 kHz, of the energy after 20 ms over that before (`room_truth`);
- `late_db`: energy from 0.3 s on, relative to the direct sound, and `floor_db`: energy per sample from 1.5 s on;
- `rough_db`: deviation of 20 ms levels from a straight line, 0.1 to 1 s;
- spectral distances: `held_out` from the resynthesis to the recording; `dry`, from the resynthesis without the room,
and
  `suppressed`, from the recording without its tail, to the true dry sound; `carried`, for another line, from its true
  dry sound in the learned room to the same in the true room.

    KERAS_BACKEND=jax python benchmarks/room_kinds.py --soundfont FluidR3_GM.sf2 --ir room.flac --seed 41
"""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from known_room import HELD_OUT_FRAMES, dereverberated, make_track, show
from learned_rooms import DecayingRoom, FreeRoom, decaying
from room_truth import RATE, Doubles, convolve, in_room, measured_room, wet_db

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.decay import decay_times, energy_decay_db
from ddsp_fx.dsp.spectral import spectral_distance
from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data import measured_controls
from ddsp_fx.training.data.passage import Passage
from ddsp_fx.training.data.soundfont import PLAYERS, render
from ddsp_fx.training.loop.batches import Batch, Batches
from ddsp_fx.training.loop.stages import FINAL_RATE, RATE_EVERY, Run
from ddsp_fx.training.model import build
from ddsp_fx.training.model.fixed_room import FixedRoom
from ddsp_fx.training.room.response import room_response

LENGTH = 2 * RATE
BLOCK = RATE // 50
KINDS: dict[str, Callable[[Passage, TrainConfig], Any]] = {
    "estimated": lambda passage, config: FixedRoom(room_response([passage], config)),
    "free": lambda *_: FreeRoom(decaying(LENGTH, RATE)),
    "free, slower": lambda *_: FreeRoom(decaying(LENGTH, RATE), 0.1),
    "decaying, learned": lambda *_: DecayingRoom(LENGTH, RATE),
    "none": lambda *_: FixedRoom(np.zeros(LENGTH, np.float32)),
}


@dataclass
class Scene:
    """A line to train on and to hold out, with the dry sound of the held-out part; another line; and the room."""

    truth: Doubles
    training: Passage
    held_out: Passage
    dry: Floats
    other: tuple[Floats, Floats]


def scene(arguments: argparse.Namespace, config: TrainConfig) -> Scene:
    """Render, play in the room, analyse."""
    truth = measured_room(arguments.ir)
    lines = [
        in_room(render(PLAYERS["violin"], arguments.soundfont, seconds, arguments.seed + i, RATE), truth)
        for i, seconds in enumerate((arguments.seconds, 30.0))
    ]
    dry, wet = lines[0]
    passage = make_track(wet, config)
    cut = passage.frames - HELD_OUT_FRAMES
    dry = np.pad(dry, (0, len(passage.audio) - len(dry)))[cut * config.hop : (passage.frames - 1) * config.hop]
    return Scene(truth, passage.cut(0, cut, config.hop), passage.cut(cut, passage.frames, config.hop), dry, lines[1])


def learn(trained: Any, batch: Callable[[], Batch], steps: int, rate: float, run: Run) -> None:
    """Train with the cosine schedule of `ddsp_fx.training.loop.stages`."""
    for step in range(steps):
        if step % RATE_EVERY == 0:
            decay = FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * step / steps))
            trained.optimizer.learning_rate.assign(rate * decay)
        loss = float(trained.train_on_batch(*batch()))
        run.progress.step = step
        show(run.progress, loss, step / steps)


def fitted(run: Run, scene: Scene, path: Path) -> None:
    """The first stage, which does not involve the room, once for all kinds."""
    config, rng = run.config, np.random.default_rng(0)
    if not path.is_file():
        sizes = {"hop": config.hop, "n_harmonics": config.n_harmonics, "n_bands": config.n_bands}
        targets = [measured_controls.targets(scene.training, sample_rate=RATE, **sizes)]
        fit = build.compile_fit(run.decoder)
        learn(fit, lambda: Batches([scene.training], config, rng).fit(targets), config.fit_steps, 1e-3, run)
        np.savez(path, *run.decoder.get_weights())
    run.decoder.set_weights(list(np.load(path).values()))


def trained(kind: str, scene: Scene, config: TrainConfig, folder: Path) -> Run:
    """A finished run whose response is the trained room."""
    path = folder / f"{kind.replace(', ', '-')}.npz"
    run = Run(folder, config, [scene.training], np.zeros(LENGTH, np.float32), show)
    if not path.is_file():
        fitted(run, scene, folder / "fit.npz")
        room, rng = KINDS[kind](scene.training, config), np.random.default_rng(0)
        autoencoder = build.compile_autoencoder(run.decoder, room, config)
        run.progress.stage = kind
        batch = Batches([scene.training], config, rng).audio
        learn(autoencoder, batch, config.steps, config.learning_rate, run)
        np.savez(path, np.asarray(room.impulse_response()), *run.decoder.get_weights())
    run.response, *weights = np.load(path).values()
    run.decoder.set_weights(weights)
    return run


def of_room(response: Doubles, truth: Doubles) -> dict[str, float]:
    """Figures of an impulse response with its direct sound, and the error of its octaves."""
    if not response[1:].any():
        return {}
    energy = response**2
    levels_db = 10.0 * np.log10(energy[: RATE // BLOCK * BLOCK].reshape(-1, BLOCK).mean(axis=1) + 1e-15)[5:]
    line = np.polyval(np.polyfit(np.arange(len(levels_db)), levels_db, 1), np.arange(len(levels_db)))
    direct = energy[: BLOCK // 8].sum()
    return {
        "rt60_s": decay_times(response, RATE).rt60_s,
        "wet_db": float(np.abs(wet_db(response) - wet_db(truth)).mean()),
        "late_db": float(10.0 * np.log10(energy[3 * RATE // 10 :].sum() / direct)),
        "floor_db": float(10.0 * np.log10(energy[3 * RATE // 2 : LENGTH].mean() / direct + 1e-15)),
        "rough_db": float(np.std(levels_db - line)),
    }


def of_sound(run: Run, scene: Scene) -> dict[str, float]:
    """Spectral distances."""
    sounds = dereverberated(run, scene.held_out, scene.dry)
    wet = run.resynthesise(scene.held_out)["wet"]
    dry, in_truth = scene.other
    return {
        "held_out": spectral_distance(sounds["wet"], wet),
        "dry": spectral_distance(sounds["true dry"], sounds["resynthesised"]),
        "suppressed": spectral_distance(sounds["true dry"], sounds["suppressed"]),
        "carried": spectral_distance(in_truth, convolve(dry, with_direct(run.response)).astype(np.float32)),
    }


def with_direct(response: Floats) -> Doubles:
    """The wet part, preceded by the direct sound."""
    whole: Doubles = response + np.eye(1, len(response))[0]
    return whole


def draw(path: Path, responses: dict[str, Doubles]) -> None:
    """Draw the remaining energy of each room."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4))
    for name, response in responses.items():
        curve = energy_decay_db(response, RATE)
        axes.plot(np.arange(len(curve)) / RATE, curve, label=name)
    axes.set(ylim=(-60, 2), xlim=(0, 2), xlabel="s", ylabel="dB", title="energy still to come")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--ir", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--run-dir", type=Path, default=Path("runs/room-kinds"))
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    arguments.run_dir.mkdir(parents=True, exist_ok=True)
    config = TrainConfig("room-kinds", steps=arguments.steps, frame_rate=50)
    line = scene(arguments, config)
    table, responses = {"measured": of_room(line.truth, line.truth)}, {"measured": line.truth}
    for kind in arguments.kinds:
        run = trained(kind, line, config, arguments.run_dir)
        responses[kind] = with_direct(run.response)
        table[kind] = {**of_room(responses[kind], line.truth), **of_sound(run, line)}
    if arguments.json:
        print(json.dumps(table, indent=2))
    else:
        for kind, figures in table.items():
            print(f"{kind}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    if arguments.picture:
        draw(arguments.picture, responses)


if __name__ == "__main__":
    main()
