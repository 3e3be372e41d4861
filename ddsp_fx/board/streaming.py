# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of pedalboard's plugins can run in blocks. Each class is tested once, because versions differ."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ddsp_fx.board.native import is_external, leaves, native_class, native_classes
from ddsp_fx.errors import BoardError

_RATE_HZ, _SAMPLES, _BLOCK = 48000, 16384, 512
# A correct stream differs by rounding, 2e-8; those of PitchShift and GSMFullRateCompressor by all they hold back.
_TOLERANCE = 1e-4


def check_streams(plugin: Any) -> None:
    """Raises BoardError for a native plugin, or a container with one, that loses audio between blocks.

    pedalboard 0.9.26 prepares every plugin again for each block. PitchShift (one second) and GSMFullRateCompressor (20
    ms) then drop the audio that they hold back.
    """
    import pedalboard

    for leaf in leaves(plugin):
        name = type(leaf).__name__
        inside = f" (inside {type(plugin).__name__})" if leaf is not plugin else ""
        # A Python subclass of one of pedalboard's plugins plays like its base class.
        known = next((kind.__name__ for kind in type(leaf).__mro__ if kind in native_classes().values()), None)
        if is_external(leaf):
            if not leaf.is_effect:
                raise BoardError(f"{leaf.name}{inside} is an instrument without an audio input; a board needs effects")
        elif known is None:
            raise BoardError(f"{name}{inside} is not pedalboard's, so pedalboard would skip it; write an Effect")
        elif not _streams(known):
            raise BoardError(
                f"{name}{inside} cannot be played in blocks: pedalboard {pedalboard.__version__} drops the audio it "
                f"holds back between them. Apply it to the whole recording, before or after the board: "
                f"pedalboard.Pedalboard([{name}(...)])(audio, sample_rate). Learned instruments shift pitch live: "
                f"violin:pitch_shift=3"
            )


@functools.cache
def _streams(name: str) -> bool:
    """Whether blocks of a stream give what one whole call gives. True also if the constructor needs arguments."""
    kind = native_class(name)
    try:
        whole, streamed = kind(), kind()
    except TypeError:
        return True
    audio = np.random.default_rng(0).uniform(-0.3, 0.3, (1, _SAMPLES)).astype(np.float32)
    expected = whole.process(audio, _RATE_HZ)
    starts = range(0, _SAMPLES, _BLOCK)
    blocks = [streamed.process(audio[:, s : s + _BLOCK], _RATE_HZ, buffer_size=_BLOCK, reset=False) for s in starts]
    out = np.concatenate(blocks, axis=1)
    n = out.shape[1]
    return n >= _SAMPLES // 2 and bool(np.abs(out - expected[:, :n]).max() <= _TOLERANCE)
