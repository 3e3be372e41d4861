# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameter values that move without zipper noise."""

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import ParameterError


class LinearSmoother:
    """A value that reaches each new target along a straight line in a fixed time.

    A ramp begins at the next sample after `set_target`. Its values depend only on how many samples have passed, not on
    block sizes: the same changes at the same positions give the same samples.

    Args:
        sample_rate: in Hz.
        time_s: length of a ramp in seconds; 0 jumps.
        initial: the value before any target is set.

    Raises:
        ParameterError: if the rate is not positive or the time is negative.
    """

    def __init__(self, sample_rate: float, time_s: float, initial: float) -> None:
        if not sample_rate > 0 or not time_s >= 0:
            raise ParameterError(
                f"LinearSmoother: sample_rate {sample_rate!r} must be positive, time_s {time_s!r} at least 0"
            )
        self._length = max(1, round(sample_rate * time_s))
        self.snap(initial)

    @property
    def value(self) -> float:
        """The value at the last processed sample."""
        return self._value_at(self._passed)

    @property
    def target(self) -> float:
        """The value at the end of the current ramp."""
        return self._target

    @property
    def is_moving(self) -> bool:
        """Whether a ramp is in progress."""
        return self._passed < self._length

    def _value_at(self, passed: int) -> float:
        return self._start + (self._target - self._start) * min(passed / self._length, 1.0)

    def snap(self, value: float) -> None:
        """Jump to `value`, as after a reset."""
        self._start = self._target = float(value)
        self._passed = self._length

    def set_target(self, value: float) -> None:
        """Begin a ramp from the current value; setting the current target again changes nothing."""
        if value != self._target:
            self._start, self._target, self._passed = self.value, float(value), 0

    def process(self, n: int) -> NDArray[np.float32]:
        """The values of the next n samples (n,)."""
        if not self.is_moving:
            return np.full(n, self._value_at(self._passed), np.float32)
        passed = np.minimum(np.arange(self._passed + 1, self._passed + n + 1), self._length)
        self._passed = min(self._passed + n, self._length)
        values: NDArray[np.float32] = (self._start + (self._target - self._start) * (passed / self._length)).astype(
            np.float32
        )
        return values
