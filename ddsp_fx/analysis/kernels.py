# SPDX-License-Identifier: GPL-3.0-or-later
"""All compiled loops of the audio path, to be compiled ahead of time.

numba keeps the machine code on the disk. Without it, the first effect of a new installation takes 7 s to prepare; with
it, less than one.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ddsp_fx import analysis, dsp


def compile_kernels() -> list[str]:
    """Import each module whose name ends in `_kernel`, which compiles its loops; returns their names."""
    found = [
        f"{package.__name__}.{module.name}"
        for package in (dsp, analysis)
        for module in iter_modules(package.__path__)
        if module.name.endswith("_kernel")
    ]
    for name in found:
        import_module(name)
    return found
