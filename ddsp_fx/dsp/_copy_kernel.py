# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of samples. numba compiles a loop in a tenth of the time of `target[:] = source`, which may raise an error."""

from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Float1


@kernel()
def copy(source: Float1, target: Float1) -> None:
    """As many samples as the target holds."""
    for i in range(target.size):
        target[i] = source[i]
