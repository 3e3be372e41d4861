# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep NaN and infinity out of the audio path."""

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Sample = TypeVar("Sample", bound=np.floating[Any])


def replace_non_finite(block: NDArray[Sample]) -> tuple[NDArray[Sample], bool]:
    """Replace non-finite samples by silence.

    Args:
        block: floats of any shape.

    Returns:
        The block itself if every sample is finite, otherwise a copy with zeros in their place; and whether any was
        found.
    """
    # A sum of squares is one pass without a temporary. The mask is needed only if it is not finite (or overflows).
    if math.isfinite(np.vdot(block, block)):
        return block, False
    finite = np.isfinite(block)
    if finite.all():
        return block, False
    return np.where(finite, block, block.dtype.type(0.0)), True
