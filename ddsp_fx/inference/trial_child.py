# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process of `trial`: reads a model from stdin, runs it like the library, and reports by its exit code.

0: it runs. 1: it does not, and stdout has the reason. Anything else, usually a signal, was caused by the model.
"""

from __future__ import annotations

import gc
import sys

import numpy as np

from ddsp_fx.errors import ModelError
from ddsp_fx.inference.litert import open_runner

# Limit for the model's arena beyond the process's memory after its imports; this project's largest takes 40 MiB.
MEMORY_BYTES = 1 << 30
CPU_S = 60
_INPUTS = (0.0, 1.0, -1.0, 1e3, None, None, None)


def judge(content: bytes) -> str | None:
    """None for a model that runs, else the reason why it does not."""
    try:
        runner = open_runner(content, "model")
        rng = np.random.default_rng(0)
        for value in _INPUTS:
            tensors = {
                name: np.asarray(rng.random(shape) if value is None else np.full(shape, value), np.float32)
                for name, shape in runner.inputs.items()
            }
            runner.run(tensors)
        del runner
        gc.collect()
    except ModelError as error:
        return str(error).removeprefix("model: ")
    return None


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
    reason = judge(content)
    if reason is None:
        return 0
    print(reason)
    return 1


if __name__ == "__main__":
    sys.exit(main())
