# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory order that the link relies on, in the machine code for this machine and for ARM."""

import re
import threading
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from numba import njit

from ddsp_fx_bridge.link import atomics
from ddsp_fx_bridge.link.segment import Segment, _Word

ACCESSES = [
    (atomics.store_u64, r"store atomic i64 .* release", r"\bstlr\b"),
    (atomics.store_u32, r"store atomic i32 .* release", r"\bstlr\b"),
    (atomics.load_u64, r"load atomic i64, .* acquire", r"\b(ldar|ldapr)\b"),
    (atomics.load_u32, r"load atomic i32, .* acquire", r"\b(ldar|ldapr)\b"),
]


def machine_code(text: str, triple: str) -> str:
    """The code that LLVM makes of numba's for another processor."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    text = re.sub(r"target (triple|datalayout) = .*\n", "", text)
    module = llvm.parse_assembly(re.sub(r'"target-(cpu|features)"="[^"]*"', "", text))
    module.triple = triple
    return str(llvm.Target.from_triple(triple).create_target_machine(opt=2).emit_assembly(module))


@pytest.mark.parametrize(("access", "asked", "on_arm"), ACCESSES)
def test_stores_release_and_loads_acquire(access: Any, asked: str, on_arm: str) -> None:
    # A function loaded from the cache has no LLVM code, so it is compiled again.
    (signature,) = access.signatures
    # Python's wrapper and numba's memory management are specific to this processor, and are left out.
    fresh = njit(nogil=True, _nrt=False, no_cpython_wrapper=True)(access.py_func)
    fresh.compile(signature)
    (text,) = fresh.inspect_llvm().values()
    assert re.search(asked, text)
    assert re.search(on_arm, machine_code(text, "aarch64-linux-gnu"))


@pytest.mark.parametrize(("index", "value"), [(0, 0), (3, 1), (31, (1 << 64) - 1), (8, 1 << 48 | 5)])
def test_what_is_stored_is_loaded(index: int, value: int) -> None:
    words = np.zeros(32, np.uint64)
    atomics.store_u64(words, index, value)
    assert atomics.load_u64(words, index) == int(words[index]) == value
    halves = words.view(np.uint32)
    atomics.store_u32(halves, index, value & 0xFFFFFFFF)
    assert atomics.load_u32(halves, index) == int(halves[index]) == value & 0xFFFFFFFF


def test_every_word_of_the_segment_is_accessed_so() -> None:
    words = [name for name, value in vars(Segment).items() if isinstance(value, _Word)]
    assert {"input_end", "output_end", "output_from", "input_signal", "event_write", "event_read"} <= set(words)


def test_a_word_is_seen_whole_and_after_what_was_written_before_it() -> None:
    """Two threads, each without Python's lock while it reads: no torn value, and no data older than its count."""
    words, data = np.zeros(2, np.uint64), np.zeros(1, np.float64)
    torn: list[int] = []

    def write() -> None:
        for count in range(1, 20000):
            data[0] = count
            atomics.store_u64(words, 0, count << 32 | count)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen = int(atomics.load_u64(words, 0))
        if seen >> 32 != seen & 0xFFFFFFFF or data[0] < seen >> 32:
            torn.append(seen)
    writer.join()
    assert torn == []
