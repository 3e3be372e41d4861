# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitch trackers by name, those that need a model file included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddsp_fx.effects.parameters import did_you_mean
from ddsp_fx.errors import ModelError, ParameterError
from ddsp_fx.inference.litert import load_runner

if TYPE_CHECKING:
    from ddsp_fx.analysis.pitch import PitchTracker

DEFAULT_TRACKER = "mcleod"
DDSP_VST_PREFIX = "ddsp-vst:"
KNOWN = ("mcleod", "swift", f"{DDSP_VST_PREFIX}PATH")
_AUDIO_INPUT = "call_audio:0"


def check_tracker(name: str) -> None:
    """Raises ParameterError for a name that no tracker has; no file is opened."""
    if name not in KNOWN and not name.startswith(DDSP_VST_PREFIX):
        hint = did_you_mean(name, KNOWN)
        raise ParameterError(f"no pitch tracker is called {name[:80]!r}{hint}; there are {', '.join(KNOWN)}")


def make_tracker(name: str, hop: int) -> PitchTracker:
    """`mcleod`, `swift`, or `ddsp-vst:PATH` for magenta/ddsp-vst's extract_features_micro.tflite.

    Raises ParameterError for an unknown name, MissingExtraError, or ModelError when the file is no extractor.
    """
    from ddsp_fx.analysis.ddspvst import DdspVstTracker
    from ddsp_fx.analysis.pitch import open_tracker

    if not name.startswith(DDSP_VST_PREFIX):
        return open_tracker(name, hop)
    runner = load_runner(name.removeprefix(DDSP_VST_PREFIX))
    if _AUDIO_INPUT not in runner.inputs:
        inputs = ", ".join(runner.inputs)
        raise ModelError(f"{runner.label}: not a pitch extractor: input {_AUDIO_INPUT!r} is missing; it has {inputs}")
    return DdspVstTracker(lambda frame: runner.run({_AUDIO_INPUT: frame}), hop)
