# SPDX-License-Identifier: GPL-3.0-or-later
"""The pitch extractor that magenta/ddsp-vst's models were trained with."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.frame_tracker import FrameTracker
from ddsp_fx.array_types import Floats
from ddsp_fx.errors import ModelError

Extractor = Callable[[Floats], Mapping[str, NDArray[Any]]]

# Names of the original file's outputs: by meaning, as tensors, and in its signature.
_F0_NAMES = ("f0_hz", "StatefulPartitionedCall:0", "output_0")
_POWER_NAMES = ("pw_db", "StatefulPartitionedCall:2", "output_2")
FRAME = 1024
_VOICED_FROM_DB = -60.0


class DdspVstTracker(FrameTracker):
    """The extractor's f0 and RMS power of a 1024 frame; voiced if the power is above -60 dB.

    The extractor has no measure of voicing: it reads silence as 548 Hz, so the power has to gate it. It reads notes
    from 1760 Hz up an octave too low.

    Args:
        extractor: maps a frame (1024,) float32 at 16 kHz to arrays by name, including the f0 in Hz and the power in dB
            under one of the names in the original file.
        hop: 16 kHz samples between frames.

    Raises:
        ModelError: from `process`, if one of the two is missing.
    """

    name = "ddsp-vst"

    def __init__(self, extractor: Extractor, hop: int = 320) -> None:
        self._extractor = extractor
        super().__init__(hop, FRAME)

    def _track(self, frame: Floats) -> tuple[float, float]:
        answer = self._extractor(frame)
        f0_hz, power_db = _scalar(answer, _F0_NAMES), _scalar(answer, _POWER_NAMES)
        return f0_hz, 1.0 if power_db > _VOICED_FROM_DB and f0_hz > 0.0 else 0.0


def _scalar(answer: Mapping[str, NDArray[Any]], names: tuple[str, ...]) -> float:
    for name in names:
        if name in answer:
            return float(np.ravel(answer[name])[0])
    raise ModelError(
        f"pitch extractor: no output is named {' or '.join(names)}; it has {', '.join(answer)}. "
        f"Use extract_features_micro.tflite of ddsp-vst"
    )
