# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio at the host's rate in, frames of pitch, level and character out: `features` with the built-in tracker."""

from typing import NamedTuple

import numpy as np

from ddsp_fx.analysis._character_kernel import CharacterState, next_character
from ddsp_fx.analysis._mcleod_kernel import McLeod, track
from ddsp_fx.analysis.framing import FRAME
from ddsp_fx.analysis.pitch import VOICED_FROM
from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._decimate_kernel import Decimator, decimate
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp._loudness_kernel import Level, level_db
from ddsp_fx.dsp.state import Float1, Record


class Heard(Record):
    """The features of the latest frame. An unvoiced frame repeats the last voiced pitch."""

    f0_hz: float
    confidence: float
    level_db: float
    character: int


class Framing(Record):
    """How many samples wait to become frames, and the samples from frame to frame, at 16 kHz."""

    held: int
    hop: int


class Listener(NamedTuple):
    """All that is needed from audio to features."""

    heard: Heard
    framing: Framing
    decimator: Decimator
    samples: Float1
    held: Float1
    tracker: McLeod
    level: Level
    character: CharacterState


@kernel(inline=True)
def take_in(listener: Listener, mono: Float1) -> None:
    """Add samples, no more than a piece. All frames must be taken before the next call."""
    framing = listener.framing
    count = decimate(listener.decimator, mono, listener.samples)
    copy(listener.samples[:count], listener.held[framing.held : framing.held + count])
    framing.held += count


@kernel(inline=True)
def next_frame(listener: Listener) -> bool:
    """Analyse the next frame into `heard`; False if it is not complete."""
    framing, heard = listener.framing, listener.heard
    if framing.held < FRAME:
        return False
    frame = listener.held[:FRAME]
    f0_hz, confidence = track(listener.tracker, frame)
    heard.confidence = float(np.float32(confidence))
    if heard.confidence >= VOICED_FROM and f0_hz > 0.0:
        heard.f0_hz = float(np.float32(f0_hz))
    heard.level_db = level_db(listener.level, frame)
    heard.character = next_character(listener.character, frame)
    for i in range(framing.held - framing.hop):
        listener.held[i] = listener.held[framing.hop + i]
    framing.held -= framing.hop
    return True
