# SPDX-License-Identifier: GPL-3.0-or-later
"""The curve of one parameter: constant, breakpoints, or an array of samples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError

# A ramp is a staircase of 5 ms steps at absolute times. Effects smooth each step over 20 ms, so none is audible.
CONTROL_PERIOD_S = 0.005

Point = tuple[float, Value]


@dataclass(frozen=True)
class Origin:
    """Where a curve was read: the file, the line that names the parameter, and the line of each value."""

    file: str
    head_line: int
    lines: tuple[int, ...]

    @property
    def head(self) -> str:
        """The place to name in an error about the target."""
        return f"{self.file}, line {self.head_line}" if self.head_line else self.file

    def of_value(self, index: int) -> str:
        """The place to name in an error about one value of `Curve.values`."""
        return f"{self.file}, line {self.lines[index]}" if self.lines else self.file


class Curve(Protocol):
    """A parameter over time. A curve read from a file may also have an `origin: Origin`, which errors name."""

    def points(self, end_s: float) -> list[Point]:
        """(time in s, value) of each change, in order, up to end_s."""
        ...

    def values(self) -> list[Value]:
        """All values of the curve, for range checks."""
        ...


@dataclass(frozen=True)
class Constant:
    """One value, from the start."""

    value: Value

    def points(self, end_s: float) -> list[Point]:
        """One point at 0 s."""
        del end_s
        return [(0.0, self.value)]

    def values(self) -> list[Value]:
        """The value."""
        return [self.value]


@dataclass(frozen=True)
class Breakpoints:
    """Values at times, as a DAW's automation lane draws them.

    Args:
        pairs: (time in s, value), times not decreasing. Two pairs at the same time make a jump.
        interpolation: "linear" draws lines between numbers; "step" holds. Texts and switches are always held.
        origin: the file and lines they were read from, for error messages.
    """

    pairs: Sequence[Point]
    interpolation: Literal["linear", "step"] = "linear"
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _check_times(self.pairs)

    def points(self, end_s: float) -> list[Point]:
        """The breakpoints, with a 5 ms staircase along each slope."""
        out = [(0.0, self.pairs[0][1])] if self.pairs[0][0] > 0.0 else []
        for (time, value), (next_time, next_value) in zip(self.pairs, self.pairs[1:], strict=False):
            out.append((time, value))
            if self._slopes(value, next_value):
                out.extend(_staircase(time, float(value), min(next_time, end_s), next_time, float(next_value)))
        out.append(self.pairs[-1])
        return [point for point in out if point[0] <= end_s]

    def _slopes(self, value: Value, next_value: Value) -> bool:
        numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (value, next_value))
        return self.interpolation == "linear" and numbers and value != next_value

    def values(self) -> list[Value]:
        """The values of all pairs."""
        return [value for _, value in self.pairs]


@dataclass(frozen=True)
class Events:
    """Changes at the times when they were sent. Until the first event, the board's own value holds.

    A live board treats messages in the same way, so a take of it renders to the same samples.
    """

    pairs: Sequence[Point]
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _check_times(self.pairs)

    def points(self, end_s: float) -> list[Point]:
        """The events."""
        return [point for point in self.pairs if point[0] <= end_s]

    def values(self) -> list[Value]:
        """The values of all events."""
        return [value for _, value in self.pairs]


def _check_times(pairs: Sequence[Point]) -> None:
    if not pairs:
        raise AutomationError("breakpoints: the list is empty; give (time_s, value) pairs")
    times = [time for time, _ in pairs]
    if not all(math.isfinite(time) and time >= 0.0 for time in times):
        raise AutomationError(f"breakpoints: times must be finite and >= 0, got {min(times)}")
    falling = next((b for a, b in itertools.pairwise(times) if b < a), None)
    if falling is not None:
        raise AutomationError(f"breakpoints: time {falling} s comes after a later one; sort them")


def _staircase(start_s: float, start: float, stop_s: float, end_s: float, end: float) -> list[Point]:
    first = math.floor(start_s / CONTROL_PERIOD_S) + 1
    last = math.ceil(stop_s / CONTROL_PERIOD_S)
    slope = (end - start) / (end_s - start_s) if end_s > start_s else 0.0
    times = (step * CONTROL_PERIOD_S for step in range(first, last))
    return [(time, start + slope * (time - start_s)) for time in times]


@dataclass(frozen=True)
class Sampled:
    """An array of values at a fixed rate in Hz, each held until the next."""

    array: ArrayLike
    rate_hz: float

    def __repr__(self) -> str:
        """Code that recreates it; an array's own text leaves out the middle of long ones."""
        return f"Sampled({np.asarray(self.array).tolist()!r}, rate_hz={self.rate_hz!r})"

    def points(self, end_s: float) -> list[Point]:
        """One point per change."""
        values = self._array()
        keep = np.flatnonzero(np.diff(values, prepend=np.nan) != 0.0)
        return [(i / self.rate_hz, float(values[i])) for i in keep.tolist() if i / self.rate_hz <= end_s]

    def values(self) -> list[Value]:
        """The lowest and the highest value."""
        values = self._array()
        return [float(values.min()), float(values.max())]

    def _array(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        values = np.asarray(self.array, dtype=np.float64)
        if values.ndim != 1 or not values.size or not np.isfinite(values).all() or self.rate_hz <= 0:
            raise AutomationError(
                f"sampled curve: expected finite values of shape (n,) and a rate > 0, "
                f"got shape {values.shape} at {self.rate_hz} Hz"
            )
        return values
