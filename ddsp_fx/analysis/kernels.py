# SPDX-License-Identifier: GPL-3.0-or-later
"""All compiled loops of the audio path, to be compiled ahead of time.

numba keeps the machine code on the disk. Without it, the first effect of a new installation takes 7 s to prepare; with
it, less than one.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from ddsp_fx import analysis, dsp


def kernels() -> list[str]:
    """The modules with compiled loops: their names end in `_kernel`."""
    packages = [(package.__name__, iter_modules(package.__path__)) for package in (dsp, analysis)]
    return [f"{name}.{found.name}" for name, modules in packages for found in modules if found.name.endswith("_kernel")]


def compile_kernels(advance: Callable[[float], object] = lambda _: None) -> None:
    """Import each of them, which compiles its loops; `advance(1)` is called after each."""
    for name in kernels():
        import_module(name)
        advance(1)
