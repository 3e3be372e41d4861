# SPDX-License-Identifier: GPL-3.0-or-later
"""All compiled code of the audio path, to be compiled ahead of time.

numba keeps the machine code on the disk. Without it, the first effect of a new installation takes some 14 s to
prepare; with it, less than one (benchmarks/live.py).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from ddsp_fx import analysis, dsp, effects, inference


def kernels() -> list[str]:
    """The modules with compiled code: their names end in `_kernel`."""
    packages = [(package.__name__, iter_modules(package.__path__)) for package in (dsp, analysis, inference, effects)]
    return [f"{name}.{found.name}" for name, modules in packages for found in modules if found.name.endswith("_kernel")]


# What effects call from Python, if they have no stage, as "package.module.function".
_FOR_PYTHON = (
    "analysis.mcleod.track",
    "dsp.decimate.interpolate",
    "dsp.harmonic.render_segment",
    "dsp.harmonic.silence_non_finite",
    "dsp.loudness.weighted_powers",
    "dsp.noise.crossfaded_fir",
    "dsp.tail_mask.add_masked_window",
    "effects.gate.gate_step",
    "effects.gate.guard_step",
    "effects.gate.threshold_step",
    "effects.hearing.count",
    "effects.intonation.tune_step",
    "effects.matching.hear_level",
    "effects.matching.level_step",
    "effects.matching.register_step",
    "effects.room.in_room",
)


def load_for_python() -> None:
    """Compile or read what Python calls, so that this does not happen within a block of audio."""
    from ddsp_fx.dsp._jit import loaded

    for place in _FOR_PYTHON:
        package, module, function = place.split(".")
        loaded(getattr(import_module(f"ddsp_fx.{package}._{module}_kernel"), function))


def compile_kernels(advance: Callable[[float], object] = lambda _: None) -> None:
    """Compile all that is not in the cache; `advance(1)` is called for each of `kernels`."""
    from ddsp_fx.dsp._chain_kernel import run_chain, run_one
    from ddsp_fx.dsp._jit import loaded
    from ddsp_fx.dsp.stage import StageCode

    for name in kernels():
        for made in vars(import_module(name)).values():
            if isinstance(made, StageCode):
                _ = made.address
        advance(1)
    loaded(run_chain)
    loaded(run_one)
    load_for_python()
