# SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of shipped effects in this tree against another commit, in one run.

    python benchmarks/against.py REVISION

Checks the revision out into a temporary folder and runs both, taking turns, each in a process of its own: multiples of
real time on one core (CPU time of the thread, the quickest pass), stereo, 48 kHz, and the ratio of the two.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RATE_HZ, SECONDS = 48000, 4.0
CASES = [
    ("violin", (64, 128, 512, 8192)),
    ("violin-dry", (128, 512, 8192)),
    ("violin-room", (128, 512)),
    ("cello", (128, 512)),
]


def measure(passes: int) -> dict[str, float]:
    """Multiples of real time by "effect block"; runs in the child, with whatever ddsp_fx it finds."""
    import numpy as np

    import ddsp_fx

    t = np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(330.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.3 * t))) / RATE_HZ
    line = 0.15 * sum(np.sin(k * phase) / k for k in range(1, 11))
    audio = np.stack([line, 0.7 * line]).astype(np.float32)
    found = {}
    for name, blocks in CASES:
        effect = ddsp_fx.load(name)
        effect.prepare(RATE_HZ, 8192, 2)
        for block in blocks:
            best = float("inf")
            for _ in range(passes + 1):
                started = time.thread_time()
                for start in range(0, audio.shape[1] - block, block):
                    effect.process_block(audio[:, start : start + block])
                best = min(best, time.thread_time() - started)
            found[f"{name} {block}"] = SECONDS / best
    return found


def run(tree: Path, passes: int) -> dict[str, float]:
    """`measure` in a child that imports from `tree`."""
    paths = os.pathsep.join(str(tree / part) for part in ("", "bridge", "plugins"))
    command = [sys.executable, str(Path(__file__).resolve()), "--child", str(passes)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, cwd=tree, stdout=subprocess.PIPE, text=True, check=True
    )
    return {name: float(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", nargs="?", default="HEAD~1")
    parser.add_argument("--turns", type=int, default=3, help="how often each is run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        print(json.dumps(measure(a.child)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        subprocess.run(["git", "worktree", "add", "--detach", "--force", before, a.revision], cwd=ROOT, check=True)
        try:
            turns = [{tree: run(tree, 3) for tree in (before, ROOT)} for _ in range(a.turns)]
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", before], cwd=ROOT, check=True)
    rows = []
    for name in turns[0][ROOT]:
        old, now = (max(turn[tree][name] for turn in turns) for tree in (before, ROOT))
        rows.append((name, old, now, now / old))
    if a.json:
        print(json.dumps([{"case": n, "before": b, "now": c, "ratio": r} for n, b, c, r in rows]))
        return 0
    print(f"{'effect, block':20} {a.revision[:10]:>10} {'now':>8} {'ratio':>7}   (multiples of real time, one core)")
    for name, old, now, ratio in rows:
        print(f"{name:20} {old:10.1f} {now:8.1f} {ratio:7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
