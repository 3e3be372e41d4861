# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process of `trial`: reads a model from stdin, runs it like the library, and reports by its exit code.

0: it runs, and stdout says by what. 1: it does not, and stdout has the reason. Anything else, usually a signal, was
caused by the model.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import ModelError
from ddsp_fx.inference.litert import open_interpreter
from ddsp_fx.inference.litert_c import CompiledRunner
from ddsp_fx.inference.litert_library import LibraryError
from ddsp_fx.inference.runner import Runner
from ddsp_fx.inference.trial import COMPILED, INTERPRETED

# Limit for the model's arena beyond the process's memory after its imports; this project's largest takes 40 MiB.
MEMORY_BYTES = 1 << 30
CPU_S = 60
_INPUTS = (0.0, 1.0, -1.0, 1e3, None, None, None)


def judge(content: bytes) -> tuple[int, str]:
    """The child's exit code and words: what may run the model, or why nothing can."""
    compiled = None
    with suppress(LibraryError, ModelError):
        compiled = _outputs(CompiledRunner, content)
    try:
        interpreted = _outputs(open_interpreter, content)
    except ModelError as error:
        return 1, str(error).removeprefix("model: ")
    # What closing does to a hostile model must also happen here.
    gc.collect()
    return 0, COMPILED if compiled is not None and _are_same(compiled, interpreted) else INTERPRETED


_Outputs = list[dict[str, NDArray[np.float32]]]


def _outputs(make: Callable[[bytes, str], Runner], content: bytes) -> _Outputs:
    """What the model gives for some inputs."""
    runner = make(content, "model")
    rng = np.random.default_rng(0)
    found = []
    for value in _INPUTS:
        tensors = {
            # By name: runners list them in another order.
            name: np.asarray(rng.random(shape) if value is None else np.full(shape, value), np.float32)
            for name, shape in sorted(runner.inputs.items())
        }
        found.append(runner.run(tensors))
    return found


def _are_same(first: _Outputs, second: _Outputs) -> bool:
    return all(
        one.keys() == other.keys() and all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
        for one, other in zip(first, second, strict=True)
    )


def bound() -> None:
    """Limit memory, time and core dumps of this process, where the system allows it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY_BYTES, now + MEMORY_BYTES))


def main() -> int:
    content = sys.stdin.buffer.read()
    bound()
    code, words = judge(content)
    print(words)
    return code


if __name__ == "__main__":
    sys.exit(main())
