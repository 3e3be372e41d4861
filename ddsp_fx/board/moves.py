# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of an automation for a board's render."""

from __future__ import annotations

from typing import Any, Protocol


class Moves(Protocol):
    """Changes a board's parameters over time, like `ddsp_fx.Automation`."""

    def install(self, board: Any, sample_rate: float, samples: float) -> None:
        """Prepare the Board and schedule all changes for `samples` samples; raises if they do not fit the board."""
        ...
