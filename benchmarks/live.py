# SPDX-License-Identifier: GPL-3.0-or-later
"""Many live tracks in one engine, and what disturbs them, in this tree and in another commit.

    python benchmarks/live.py REVISION

Checks the revision out into a temporary folder, and runs an engine of each tree, taking turns. The plugins are always
the native ones of this tree (bridge/vst/tests/live.cpp): one audio thread calls them all, at the pace of a sound card.
Engine and plugins share two cores. Without a revision, only this tree runs.

A block is late if the plugin had to play the dry sound, because the engine's had not come back by the block's own
time: a block and what the link adds (--link-ms) after it was sent. The first second counts by itself. `worst` is how
much sound was missing at the worst block, in ms. `others` is what all other programs used meanwhile, in cores: figures
from a machine on which that is more than 0.1 mean little. Host and engine use real-time priority if the system grants
it; `no rtprio` says that it does not.

- live: `violin | violin-room`, N tracks at a block of B samples, for each N@B of --live, and each of --link-ms (the
  first of them holds for the other rows).
- bounce: a ninth track renders as fast as it can beside 8 live ones at 256; late blocks are those of the live ones.
- knobs: decay, tone and pre-delay of the room move with every block in 4 live tracks at 256.
- memory: what the engine grows by from 4 to 16 tracks, divided by 12, in MB: its own, and with the link's segment.
- threads: two boards offline in two threads, as a share of the speed of two processes.
- first: seconds from the start of a process to the first sound of `violin`: with an empty cache of numba, with one that
  `ddsp-fx vst install` has just filled (if the tree can do so), and with that of earlier runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

from live_engines import ROOT, Engine, Tracks, build_tracks, checked_out, idle_share
from live_processes import first_sound, threads

from ddsp_fx_bridge.vst.latency import default_ms

CHAIN = "violin | violin-room"
Figures = dict[str, float]
Row = Callable[[Path], Figures]


class Rows:
    """Measures one tree at a time."""

    def __init__(self, program: Path, seconds: float, link_ms: float) -> None:
        self._program, self._seconds, self._link_ms = program, seconds, link_ms

    def live(self, tree: Path, count: int, block: int, plan: str = "play", link_ms: float | None = None) -> Figures:
        ms = self._link_ms if link_ms is None else link_ms
        with Engine(tree) as engine:
            tracks = Tracks(self._program, engine, ms, CHAIN, count, block, self._seconds, plan)
            tracks.until("started")
            found = tracks.report()
            tracks.close()
        return _shares(found)

    def bounce(self, tree: Path) -> Figures:
        with Engine(tree) as engine:
            tracks = Tracks(self._program, engine, self._link_ms, CHAIN, 8, 256, self._seconds, "play")
            tracks.until("started")
            # The board's preparation, too, happens beside the live ones.
            other = Tracks(self._program, engine, self._link_ms, CHAIN, 1, 1024, self._seconds / 2, "bounce")
            found = tracks.report(beside=other)
            other.until("started")
            bounced = other.report()
            tracks.close()
            other.close()
        rendered = (bounced["blocks"] + bounced["start_blocks"]) * 1024 / 48000
        return {**_shares(found), "bounce_x_real_time": rendered / bounced["seconds"]}

    def memory(self, tree: Path, board: str) -> Figures:
        with Engine(tree) as engine:
            sizes, playing = [], []
            for count in (4, 12):
                tracks = Tracks(self._program, engine, self._link_ms, board, count, 512, 5.0, "play")
                tracks.until("started")
                tracks.report()
                playing.append(tracks)
                sizes.append(engine.memory_mb())
            for tracks in playing:
                tracks.close()
        small, large = sizes
        return {f"{name}_mb": (large[name] - small[name]) / 12 for name in small}


def _shares(found: dict[str, Any]) -> Figures:
    keep = ("worst_ms", "wake_up_ms", "realtime", "engine_cores", "host_cores", "other_cores")
    late = {"late": found["late"] / found["blocks"], "start_late": found["start_late"] / found["start_blocks"]}
    return {**late, **{name: float(found[name]) for name in keep}}


def table(rows: Rows, chosen: list[str], crowds: list[tuple[int, int]], links: list[float]) -> dict[str, Row]:
    """What is measured, by name."""
    found: dict[str, Row] = {}
    for (count, block), ms in product(crowds if "live" in chosen else [], links):
        name = f"{count} live at {block}" + (f", link {ms:g} ms" if len(links) > 1 else "")
        found[name] = lambda tree, n=count, b=block, ms=ms: rows.live(tree, n, b, link_ms=ms)
    if "bounce" in chosen:
        found["8 live at 256 beside a bounce"] = rows.bounce
    if "knobs" in chosen:
        found["4 live at 256, knobs of the room"] = lambda tree: rows.live(tree, 4, 256, "knobs")
    for board in ("violin", CHAIN) if "memory" in chosen else []:
        found[f"memory, {board}"] = lambda tree, b=board: rows.memory(tree, b)
    if "threads" in chosen:
        found["two threads by two processes"] = threads
    if "first" in chosen:
        found["first sound"] = first_sound
    return found


def text(figures: Figures) -> str:
    """A row for people."""
    if "late" not in figures:
        return ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in figures.items())
    line = "late {late:.3%}, first second {start_late:.2%}, worst {worst_ms:.1f} ms; ".format(**figures)
    line += "host woken up to {wake_up_ms:.1f} ms late{0}; ".format(
        "" if figures["realtime"] else " (no rtprio)", **figures
    )
    line += "cores: engine {engine_cores:.2f}, host {host_cores:.2f}, others {other_cores:.2f}".format(**figures)
    bounced = figures.get("bounce_x_real_time")
    return line + (f"; bounce {bounced:.1f} x real time" if bounced is not None else "")


def combined(name: str, turns: list[float]) -> float:
    """One figure of several turns: the share of all blocks, the worst of all, else the median."""
    if name.endswith("late"):
        return statistics.mean(turns)
    return max(turns) if name in ("worst_ms", "wake_up_ms") else statistics.median(turns)


def crowd(word: str) -> tuple[int, int]:
    """16@256 as numbers."""
    count, _, block = word.partition("@")
    return int(count), int(block)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", nargs="?", help="the other commit")
    kinds = ["live", "bounce", "knobs", "memory", "threads", "first"]
    parser.add_argument("--rows", nargs="+", choices=kinds, default=kinds, help="only these")
    parser.add_argument("--live", nargs="+", type=crowd, default=["16@256", "16@128", "32@512"], metavar="N@B")
    link_ms = [default_ms()]
    parser.add_argument("--link-ms", nargs="+", type=float, default=link_ms, help="what the link adds to a block")
    parser.add_argument("--seconds", type=float, default=60.0, help="that live tracks play (default 60)")
    parser.add_argument("--turns", type=int, default=1, help="how often each runs (default 1)")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    a.live = [word if isinstance(word, tuple) else crowd(word) for word in a.live]
    return a


def main() -> int:
    a = parsed()
    # On a larger machine too, all share two cores: what is started here inherits them.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    found: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trees = {a.revision[:10]: stack.enter_context(checked_out(a.revision))} if a.revision else {}
        trees["now"] = ROOT
        rows = Rows(build_tracks(folder), a.seconds, a.link_ms[0])
        for tree in trees.values():
            first_sound(tree)  # compiles, and fills the disk's cache
        idle = idle_share()
        print(f"idle before: {idle:.0%} of {os.cpu_count()} cores", file=sys.stderr if a.json else sys.stdout)
        for name, measure in table(rows, a.rows, a.live, a.link_ms).items():
            turns = [{tree: measure(path) for tree, path in trees.items()} for _ in range(a.turns)]
            for tree in trees:
                figures = {key: combined(key, [turn[tree][key] for turn in turns]) for key in turns[0][tree]}
                found.append({"case": name, "tree": tree, **figures})
                if not a.json:
                    print(f"{name:34} {tree:10} {text(figures)}", flush=True)
    if a.json:
        print(json.dumps({"idle_before": idle, "seconds": a.seconds, "rows": found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
