# SPDX-License-Identifier: GPL-3.0-or-later
"""A block of a compiled effect allocates no memory but its output, however long it runs."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ddsp_fx import Board, load
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.maker import maker

RATE_HZ, BLOCK, CHANNELS = 48000, 256, 2
# Over 100 blocks: fewer than one a block is none a block.
MOST_OBJECTS = 99


def blocks(count: int) -> list[np.ndarray]:
    t = np.arange(count * BLOCK) / RATE_HZ
    tone = (0.3 * np.sin(2 * np.pi * 330 * t)).astype(np.float32)
    return [np.stack([tone, tone])[:, k * BLOCK : (k + 1) * BLOCK].copy() for k in range(count)]


def effects() -> dict[str, Effect]:
    live = Board([load("violin"), load("violin-room"), load("violin-dry")])
    live.live = True
    return {
        "violin": load("violin"),
        "violin-dry": load("violin-dry"),
        "violin-room": load("violin-room"),
        "board": live,
    }


@pytest.mark.parametrize("name", ["violin", "violin-dry", "violin-room", "board"])
def test_a_block_leaves_nothing_behind_and_makes_few_objects(name: str) -> None:
    effect, audio = effects()[name], blocks(160)
    effect.prepare(RATE_HZ, BLOCK, CHANNELS)
    # A long partition turns over after 16 blocks, and the level match fills its memory.
    for block in audio[:60]:
        effect.process_block(block)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        most, grown = 0, []
        for _ in range(3):
            before = sys.getallocatedblocks()
            for block in audio[60:]:
                effect.process_block(block)
                most = max(most, tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
            grown.append(sys.getallocatedblocks() - before)
    finally:
        tracemalloc.stop()
        gc.enable()
    # An output and a spare buffer for each run of effects and each board, and small things.
    assert most < 6 * BLOCK * CHANNELS * 4 + 8000
    # The interpreter itself may keep something once.
    assert min(grown) < MOST_OBJECTS


def test_a_room_s_knob_allocates_nothing_in_live_audio(monkeypatch: pytest.MonkeyPatch) -> None:
    room, audio = load("violin-room"), blocks(40)
    room.prepare(RATE_HZ, BLOCK, CHANNELS)
    room.wait_for_responses(False)
    monkeypatch.setattr(maker, "make", lambda _: None)
    for block in audio[:20]:
        room.process_block(block)
    gc.collect()
    tracemalloc.start()
    try:
        for k, block in enumerate(audio[20:]):
            room.decay = 0.5 + k / 40  # type: ignore[attr-defined]
            room.process_block(block)
        assert tracemalloc.get_traced_memory()[1] < 4 * BLOCK * CHANNELS * 4 + 8000
    finally:
        tracemalloc.stop()


# numba counts what compiled code allocates. A call from Python takes one small object for each array that it is given.
PROGRAM = """
import sys
import numpy as np
from numba.core.runtime import rtsys
sys.path.insert(0, sys.argv[1])
from test_allocations import BLOCK, CHANNELS, RATE_HZ, blocks, effects

for name, effect in effects().items():
    effect.prepare(RATE_HZ, BLOCK, CHANNELS)
    audio, chain = blocks(200), getattr(effect, "_chain", None)
    if chain is None:
        continue
    out = np.empty((CHANNELS, BLOCK), np.float32)
    counts = []
    for block in audio:
        before = rtsys.get_allocation_stats()
        chain.run(block, out, out)
        after = rtsys.get_allocation_stats()
        counts.append(after.alloc - before.alloc)
    print(name, min(counts), max(counts))
"""
ARRAYS_OF_A_CALL = 4


def test_compiled_code_asks_for_no_memory() -> None:
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)]
    environment = {**os.environ, "NUMBA_NRT_STATS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    counts = {line.split()[0]: [int(word) for word in line.split()[1:]] for line in done.stdout.splitlines()}
    assert set(counts) == {"violin", "violin-dry", "violin-room"}
    # At least one, or nothing was counted.
    assert all(0 < least <= most <= ARRAYS_OF_A_CALL for least, most in counts.values()), counts
