# SPDX-License-Identifier: GPL-3.0-or-later
"""What a board's render asks of an automation."""

from __future__ import annotations

from typing import Any, Protocol


class Moves(Protocol):
    """Moves the parameters of a board in time, as `ddsp_fx.Automation` does."""

    def install(self, board: Any, sample_rate: float, samples: float) -> None:
        """Prepare the Board and schedule every change of `samples` samples; raises where the changes do not fit it."""
        ...
