# SPDX-License-Identifier: GPL-3.0-or-later
"""For live.py: the rows without an engine, each in processes that import ddsp_fx from a tree (live_child.py)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from live_engines import environment

CHILD = [sys.executable, str(Path(__file__).with_name("live_child.py"))]
# What `ddsp-fx vst install` does to the cache; an earlier tree has nothing of the kind.
FILL = "from ddsp_fx.effects.kernels import compile_kernels; compile_kernels()"
_ROUNDS, _RENDER_S = 3, 30.0


def _seconds_to_first(tree: Path, **settings: str) -> float:
    began = time.monotonic()
    with subprocess.Popen(
        [*CHILD, "first"], env=environment(tree, **settings), cwd=tree, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        line, took = child.stdout.readline(), time.monotonic() - began
    if line.strip() != b"sounds":
        raise SystemExit(f"the violin of {tree} does not sound")
    return took


def first_sound(tree: Path) -> dict[str, float]:
    """Seconds with an empty cache, one that was filled at installation, and the tree's own, the best of three."""
    found = {}
    with tempfile.TemporaryDirectory() as empty:
        found["empty_cache_s"] = _seconds_to_first(tree, NUMBA_CACHE_DIR=empty)
    with tempfile.TemporaryDirectory() as cache:
        settings = environment(tree, NUMBA_CACHE_DIR=cache)
        words = [sys.executable, "-c", FILL]
        if subprocess.run(words, env=settings, cwd=tree, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            found["installed_s"] = _seconds_to_first(tree, NUMBA_CACHE_DIR=cache)
    _seconds_to_first(tree)
    found["warm_s"] = min(_seconds_to_first(tree) for _ in range(_ROUNDS))
    return found


class _Renderer:
    """A process with some boards, each in a thread."""

    def __init__(self, tree: Path, boards: int) -> None:
        words = [*CHILD, "render", str(boards), str(_RENDER_S)]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(words, env=environment(tree), cwd=tree, text=True, **streams)  # type: ignore[call-overload]
        self._process.stdout.readline()

    def begin(self) -> None:
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def times(self) -> tuple[float, float]:
        began, ended = map(float, self._process.stdout.readline().split())
        return began, ended

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _took(renderers: list[_Renderer]) -> float:
    for renderer in renderers:
        renderer.begin()
    times = [renderer.times() for renderer in renderers]
    return max(end for _, end in times) - min(begin for begin, _ in times)


def threads(tree: Path) -> dict[str, float]:
    """`ratio` of the throughputs, and both as multiples of real time; each the best of three, taking turns."""
    together, apart = [_Renderer(tree, 2)], [_Renderer(tree, 1), _Renderer(tree, 1)]
    turns = [(_took(together), _took(apart)) for _ in range(_ROUNDS)]
    for renderer in together + apart:
        renderer.close()
    in_threads, in_processes = (min(column) for column in zip(*turns, strict=True))
    rendered = 2 * _RENDER_S
    return {
        "ratio": in_processes / in_threads,
        "threads_x_real_time": rendered / in_threads,
        "processes_x_real_time": rendered / in_processes,
    }
