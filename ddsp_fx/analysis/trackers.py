# SPDX-License-Identifier: GPL-3.0-or-later
"""Pitch trackers by name. All of them, built-in ones included, come from entry point group `ddsp_fx.trackers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.errors import DdspFxError, ParameterError
from ddsp_fx.extensions import Door

if TYPE_CHECKING:
    from ddsp_fx.analysis.pitch import PitchTracker

TRACKERS = Door("ddsp_fx.trackers", "pitch tracker", ParameterError)
DEFAULT_TRACKER = "mcleod"


@dataclass(frozen=True)
class TrackerKind:
    """The object that an entry point of `ddsp_fx.trackers` loads. The entry point's name is what users type.

    Args:
        summary: when to choose it, in one line.
        look_ahead: in 16 kHz samples, the same for every tracker that `open` makes.
        f0_min_hz, f0_max_hz: the range of pitches that it detects.
        open: makes a tracker from a hop in 16 kHz samples and, if there is an `argument`, its text. May raise
            MissingExtraError.
        needs: the command that installs what it needs, such as 'pip install "ddsp-fx[pitch]"'.
        argument: what users write after the name and a colon: "PATH" for `ddsp-vst:PATH`.
    """

    summary: str
    look_ahead: int
    f0_min_hz: float
    f0_max_hz: float
    open: Callable[..., PitchTracker]
    needs: str = ""
    argument: str = ""


def check_tracker(name: str) -> None:
    """Raises ParameterError if no tracker has that name. Imports and opens nothing."""
    TRACKERS.check(name.partition(":")[0])


def open_tracker(name: str, hop: int = 320) -> PitchTracker:
    """Open a tracker by name, at sample 0.

    Args:
        name: one of `TRACKERS.names()`, with `:ARGUMENT` if the tracker takes one ("ddsp-vst:PATH").
        hop: 16 kHz samples between frames.

    Raises:
        ParameterError: for an unknown name, a missing or needless argument, or a tracker that breaks the protocol.
        MissingExtraError: if the tracker's package is not installed.
        ModelError: if the file is not such a model.
    """
    base, _, argument = name.partition(":")
    kind = tracker_kind(base)
    if bool(argument) != bool(kind.argument):
        told = f"{base}:{kind.argument}" if kind.argument else base
        raise ParameterError(f"pitch tracker {name[:80]!r}: write {told}")
    return _checked(base, kind.open(hop, argument) if argument else kind.open(hop), kind, hop)


def tracker_kind(name: str) -> TrackerKind:
    """The registration behind a name; raises ParameterError."""
    kind = TRACKERS.load(name)
    if not isinstance(kind, TrackerKind):
        where = TRACKERS.check(name).value
        raise ParameterError(f"the pitch tracker {name!r} from {where} is not a ddsp_fx.analysis.trackers.TrackerKind")
    return kind


def _checked(name: str, tracker: Any, kind: TrackerKind, hop: int) -> PitchTracker:
    # Imported here because listing the names, as help texts do, needs no NumPy.
    from ddsp_fx.analysis.pitch import PitchTracker

    told = f"the pitch tracker {name!r} from {TRACKERS.check(name).value}"
    if not isinstance(tracker, PitchTracker):
        raise ParameterError(f"{told} lacks what a PitchTracker must have: {', '.join(_lacking(tracker))}")
    if tracker.hop != hop or tracker.look_ahead > kind.look_ahead:
        raise ParameterError(
            f"{told} has hop {tracker.hop} and look-ahead {tracker.look_ahead}, expected {hop} and at most "
            f"{kind.look_ahead}"
        )
    return tracker


def _lacking(tracker: object) -> list[str]:
    return [n for n in ("name", "hop", "look_ahead", "process", "flush", "reset") if not hasattr(tracker, n)]


def describe_trackers() -> list[dict[str, Any]]:
    """All trackers as plain data, for docs and JSON; one whose package fails to import has a `problem`."""
    told: list[dict[str, Any]] = []
    for name in TRACKERS.names():
        try:
            kind = tracker_kind(name)
        except DdspFxError as error:
            told.append({"name": name, "problem": str(error)})
            continue
        told.append(
            {
                "name": f"{name}:{kind.argument}" if kind.argument else name,
                "summary": kind.summary,
                "look_ahead_ms": 1000.0 * kind.look_ahead / FEATURE_RATE_HZ,
                "f0_min_hz": kind.f0_min_hz,
                "f0_max_hz": kind.f0_max_hz,
                "needs": kind.needs,
            }
        )
    return told
