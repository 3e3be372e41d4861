# SPDX-License-Identifier: GPL-3.0-or-later
"""The room inside the autoencoder.

It is estimated before the decoder is trained (`ddsp_fx.training.room`) and then fixed. Rooms trained together with the
decoder were worse: levels and decay times of ten bands under the spectral loss ended with an RT60 40 % too long and a
level about 20 dB too low, because the decoder, whose input is the wet level, models the decays itself.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from ddsp_fx.array_types import Floats


class FixedRoom(keras.layers.Layer):  # type: ignore[misc]
    """A room that is known before the decoder is trained: (length,) taps without weights."""

    def __init__(self, response: Floats, **options: Any) -> None:
        super().__init__(**options)
        self.response = np.asarray(response, np.float32)

    def impulse_response(self) -> Any:
        """Return the wet part of the room, (length,)."""
        return ops.convert_to_tensor(self.response)
