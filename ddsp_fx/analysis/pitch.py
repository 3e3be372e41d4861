# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pitch tracker is, and how one is opened by name."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import ParameterError

Floats = NDArray[np.float32]
Pitches = tuple[Floats, Floats]

VOICED_FROM = 0.5
TRACKER_NAMES = ("mcleod", "swift")


@runtime_checkable
class PitchTracker(Protocol):
    """A stream of 16 kHz samples in, the pitch of frame k = 0, 1, ... centred on sample k * hop out.

    Any split of the stream into blocks must give the same frames.
    """

    name: str
    hop: int
    look_ahead: int
    """Frame k is out once k * hop + look_ahead samples are in. Too small a value makes an effect run dry."""

    def process(self, samples_16k: Floats) -> Pitches:
        """Samples (n,) -> f0 in Hz (m,) and confidence (m,) of the frames that they complete.

        A frame is voiced where its confidence is >= 0.5, whatever the tracker. The f0 of an unvoiced frame
        is a guess or 0.
        """
        ...

    def flush(self, total_samples: int) -> Pitches:
        """The frames that remain up to ceil(total_samples / hop), as if silence followed; call `reset` next."""
        ...

    def reset(self) -> None:
        """Back to sample 0."""
        ...


def open_tracker(name: str, hop: int = 320) -> PitchTracker:
    """A tracker by name.

    Args:
        name: "mcleod": ours, 32 ms of look-ahead, 50 to 2200 Hz. "swift": swift-f0, a network, robust in
        noise,
            304 ms of look-ahead, 47 to 2093 Hz; needs the [pitch] extra.
        hop: 16 kHz samples between frames.

    Raises:
        ParameterError: for an unknown name. "ddsp-vst:<path>" is known, but a model is loaded further up:
        make
            `ddsp_fx.analysis.ddspvst.DdspVstTracker` with the loaded extractor instead.
        MissingExtraError: if the tracker's package is not installed.
    """
    if name == "mcleod":
        from ddsp_fx.analysis.mcleod import McLeodTracker

        return McLeodTracker(hop)
    if name == "swift":
        from ddsp_fx.analysis.swift import SwiftTracker

        return SwiftTracker(hop)
    if name.startswith("ddsp-vst:"):
        raise ParameterError(
            f"pitch tracker {name!r} needs a loaded model: pass DdspVstTracker(extractor) instead of its name"
        )
    raise ParameterError(_unknown(name))


def _unknown(name: str) -> str:
    close = get_close_matches(name, TRACKER_NAMES, n=1, cutoff=0.4)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"pitch tracker {name!r} is unknown{hint}; there are {', '.join(TRACKER_NAMES)}, ddsp-vst:<path>"


def collect(frames: Floats, track: Callable[[Floats], tuple[float, float]]) -> Pitches:
    """Frames (n, frame) through a function of one frame -> f0_hz (n,), confidence (n,)."""
    pairs = np.array([track(frame) for frame in frames], np.float32).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()
