# SPDX-License-Identifier: GPL-3.0-or-later
"""For live.py, in a process that imports ddsp_fx from the tree to be measured.

first: prints a line at the first sound of `violin` in blocks of 512.

render N SECONDS: prints a line once N boards are ready. For each line that it then reads, N threads render so many
seconds, each by its own board, in blocks of 8192; it prints when that began and ended, in seconds of the clock that all
processes share.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

RATE_HZ, BLOCK, CHAIN = 48000, 8192, ("violin", "violin-room")


def first() -> None:
    import numpy as np

    import ddsp_fx

    effect = ddsp_fx.load("violin")
    effect.prepare(RATE_HZ, 512, 2)
    block, latency = _line(512), effect.latency_samples
    for n in range(RATE_HZ // 512):
        out = np.asarray(effect.process_block(block))
        # The dry path would come back later than this.
        if (n + 1) * 512 > latency and np.abs(out).max() > 1e-4:
            print("sounds", flush=True)
            return
    sys.exit("the violin is silent")


def _line(frames: int) -> np.ndarray:
    import numpy as np

    phase = 2 * np.pi * 375.0 * np.arange(frames) / RATE_HZ
    line = 0.15 * sum(np.sin(k * phase) / k for k in range(1, 11))
    return np.stack([line, 0.7 * line]).astype(np.float32)


def render(count: int, seconds: float) -> None:
    import ddsp_fx

    boards = [ddsp_fx.Board([ddsp_fx.load(name) for name in CHAIN]) for _ in range(count)]
    block = _line(BLOCK)

    def work(board: ddsp_fx.Board, blocks: int) -> None:
        for _ in range(blocks):
            board.process_block(block)

    for board in boards:
        board.prepare(RATE_HZ, BLOCK, 2)
        work(board, 4)
    print("ready", flush=True)
    for _ in sys.stdin:
        threads = [threading.Thread(target=work, args=(b, round(seconds * RATE_HZ / BLOCK))) for b in boards]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(began, time.monotonic(), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "first":
        first()
    else:
        render(int(sys.argv[2]), float(sys.argv[3]))
