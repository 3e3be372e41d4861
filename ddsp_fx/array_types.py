# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of arrays. The first three are all float32; their names tell the shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]  # (channels, samples)
Mono = NDArray[np.float32]  # (samples,)
Floats = NDArray[np.float32]  # of any shape
Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]
