# SPDX-License-Identifier: GPL-3.0-or-later
"""Models by LiteRT's interpreter and by its C library, alternating in one run; the fastest of many passes counts.

python benchmarks/model_step.py             a step of each shipped model, sixteen tracks of one, the whole violin
python benchmarks/model_step.py --threads   also threads in one process against as many processes
"""

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numba import njit
from rich.console import Console
from rich.table import Table

import ddsp_fx
import ddsp_fx_plugins
from ddsp_fx.array_types import Audio
from ddsp_fx.inference import ControlModel, Runner, litert_c
from ddsp_fx.inference.litert import open_interpreter
from ddsp_fx.inference.litert_c import CompiledRunner
from ddsp_fx.inference.litert_library import VARIABLE

RATE_HZ = 48000
MAKERS: dict[str, Callable[[bytes, str], Runner]] = {"interpreter": open_interpreter, "C library": CompiledRunner}
MODELS = sorted(Path(ddsp_fx_plugins.__path__[0]).glob("*/model.tflite"))
VIOLIN = (Path(ddsp_fx_plugins.__path__[0]) / "violin" / "model.tflite").read_bytes()


def fastest_us(actions: list[Callable[[], object]], calls: int = 100, passes: int = 40) -> list[float]:
    """Microseconds a call of each action; the passes alternate, so that other load affects all alike."""
    best = [float("inf")] * len(actions)
    for _ in range(passes):
        for index, action in enumerate(actions):
            begin = time.perf_counter()
            for _ in range(calls):
                action()
            best[index] = min(best[index], (time.perf_counter() - begin) / calls * 1e6)
    return best


def run_of(runner: Runner) -> Callable[[], object]:
    tensors = runner.new_tensors()
    return lambda: runner.run(tensors)


def step_of(runner: Runner) -> Callable[[], object]:
    model = ControlModel(runner)
    return lambda: model.step(69.0, -5.0)


def difference(content: bytes) -> float:
    """The largest difference between both over 200 steps with carried state."""
    rng, worst = np.random.default_rng(0), 0.0
    ours, theirs = (ControlModel(make(content, "model")) for make in MAKERS.values())
    for _ in range(200):
        frame = rng.uniform(50, 90), rng.uniform(-40, 0)
        one, other = ours.step(*frame), theirs.step(*frame)
        for name in ("amplitude", "harmonic_distribution", "noise_magnitudes"):
            worst = max(worst, float(np.abs(getattr(one, name) - getattr(other, name)).max()))
    return worst


def steps(console: Console) -> None:
    table = Table("model", "run, us: interpreter", "C library", "step, us: interpreter", "C library", "difference")
    for path in MODELS:
        content = path.read_bytes()
        runners = [make(content, "model") for make in MAKERS.values()]
        times = fastest_us([run_of(runner) for runner in runners] + [step_of(runner) for runner in runners])
        table.add_row(path.parent.name, *(f"{value:.1f}" for value in times), f"{difference(content):.1g}")
    console.print(table)


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def tracks(console: Console, count: int = 16) -> None:
    table = Table("violins", "a step, us", "MB each")
    for name, make in MAKERS.items():
        run_of(make(VIOLIN, "first"))()
        before = resident_mb()
        # As effects do, each reads the file.
        runs = [run_of(make(bytes(bytearray(VIOLIN)), "model")) for _ in range(count)]
        for run in runs:
            run()
        memory = (resident_mb() - before) / count
        (time_us,) = fastest_us([lambda runs=runs: [run() for run in runs]], 10)  # type: ignore[misc]
        table.add_row(f"{count}, {name}", f"{time_us / count:.1f}", f"{memory:.2f}")
    console.print(table)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def work(rounds: int) -> float:
    """What the rest of an effect would do without the GIL."""
    value = 0.1
    for _ in range(rounds):
        value = value * 0.999 + 0.1 / (value + 1.0)
    return value


def play(way: str, most: int, rounds: int, turns: int) -> None:
    """Steps of a violin with other work between them."""
    litert_c.MOST_COMPILED = most
    run = run_of(MAKERS[way](VIOLIN, "model"))
    for _ in range(turns):
        run()
        work(rounds)


def render(way: str, seconds: float) -> None:
    """A board, offline."""
    os.environ[VARIABLE] = way
    ddsp_fx.Board([ddsp_fx.load("violin")])(phrase(seconds), RATE_HZ)


def efficiency(count: int, job: Callable[..., None], *arguments: object) -> str:
    """The time of `count` processes by that of `count` threads: 1 if threads are as good. They alternate."""
    times: list[list[float]] = [[], []]
    with ThreadPoolExecutor(count) as threads, ProcessPoolExecutor(count, get_context("spawn")) as processes:
        for _ in range(8):
            for pool, found in zip((threads, processes), times, strict=True):
                begin = time.perf_counter()
                for done in [pool.submit(job, *arguments) for _ in range(count)]:
                    done.result()
                found.append(time.perf_counter() - begin)
    return f"{min(times[1]) / min(times[0]):.2f}"


def threads(console: Console) -> None:
    work(1)
    (per_10000_us,) = fastest_us([lambda: work(10000)], 10)
    table = Table("threads / processes", "other work", "interpreters", "one C model, a lock", "a C model a thread")
    ways = ("interpreter", 1), ("C library", 1), ("C library", 8)
    for count in (2, 8):
        for work_us in (0, 80):
            rounds, turns = int(work_us / per_10000_us * 10000), 16000 // (count * (1 + work_us // 32))
            row = [efficiency(count, play, way, most, rounds, turns) for way, most in ways]
            table.add_row(str(count), f"{work_us} us", *row)
    console.print(table)
    whole = [efficiency(2, render, way, 5.0) for way in ("interpreter", "")]
    console.print(f"two boards with a violin: {whole[0]} by interpreters, {whole[1]} by the C library")


def phrase(seconds: float) -> Audio:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tone = 0.2 * np.sin(2 * np.pi * 440 * t + 3 * np.sin(2 * np.pi * 0.7 * t))
    return np.repeat(tone[np.newaxis], 2, axis=0).astype(np.float32)


def prepared(way: str, block: int) -> ddsp_fx.Effect:
    os.environ[VARIABLE] = way
    effect = ddsp_fx.load("violin")
    effect.prepare(RATE_HZ, channels=2, max_block_size=block)
    return effect


def effects(console: Console, seconds: float = 1.0, passes: int = 30) -> None:
    audio, table = phrase(seconds), Table("violin, block", "x real time: interpreter", "C library", "ratio")
    for block in (128, 512):
        made = [prepared(way, block) for way in ("interpreter", "")]
        best = [float("inf")] * 2
        for _ in range(passes):
            for index, effect in enumerate(made):
                begin = time.process_time()
                for start in range(0, audio.shape[1] - block + 1, block):
                    effect.process_block(np.ascontiguousarray(audio[:, start : start + block]))
                best[index] = min(best[index], time.process_time() - begin)
        table.add_row(str(block), *(f"{seconds / value:.1f}" for value in best), f"{best[0] / best[1]:.3f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", action="store_true", help="also threads against processes")
    console = Console()
    is_with_threads = parser.parse_args().threads
    for part in (steps, tracks, effects, *([threads] if is_with_threads else [])):
        part(console)


if __name__ == "__main__":
    main()
