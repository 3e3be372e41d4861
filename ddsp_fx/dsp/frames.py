# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact positions of the model's frames in the host's samples."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ddsp_fx.errors import ParameterError


@dataclass(frozen=True)
class FrameGrid:
    """Frame k is at model-rate sample k * hop, which is host time k * hop * sample_rate / model_rate.

    That time is rational: at 44.1 kHz a hop of 320 lasts 882 samples, at 11.025 kHz 220.5. With the hop truncated to
    whole samples, frames would drift by 8 s an hour there, so all arithmetic is exact, in integers.

    Args:
        sample_rate: of the host, in Hz.
        hop: model-rate samples between frames.
        model_rate: in Hz.

    Raises:
        ParameterError: if any of them is not positive.
    """

    sample_rate: float
    hop: int = 320
    model_rate: int = 16000

    def __post_init__(self) -> None:
        for name in ("sample_rate", "hop", "model_rate"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ParameterError(f"FrameGrid: {name} is {value!r}; give a positive, finite number")

    @cached_property
    def period(self) -> Fraction:
        """Host samples from one frame to the next, as an exact fraction."""
        return Fraction(self.sample_rate) * self.hop / self.model_rate

    @cached_property
    def _ratio(self) -> tuple[int, int]:
        # Integer arithmetic on these two is 20 times as fast as Fraction's, and equally exact.
        return self.period.as_integer_ratio()

    @cached_property
    def longest(self) -> int:
        """The longest segment between two frames, in samples."""
        return self.start(1)

    def start(self, k: int) -> int:
        """The first host sample at or after frame k."""
        numerator, denominator = self._ratio
        return -(-k * numerator // denominator)

    def weights(self, k: int) -> tuple[float, float]:
        """The distance of sample start(k) from frame k towards k + 1, in [0, 1), and the step per sample."""
        numerator, denominator = self._ratio
        return (self.start(k) * denominator - k * numerator) / numerator, denominator / numerator

    def frames_up_to(self, n_samples: int) -> int:
        """The smallest k with start(k) >= n_samples: frames 0..k cover the samples."""
        numerator, denominator = self._ratio
        # start(k) >= n means k * period > n - 1.
        return max(0, (n_samples - 1) * denominator // numerator + 1)
