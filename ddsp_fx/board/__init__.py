# SPDX-License-Identifier: GPL-3.0-or-later
"""The signal chain."""

from ddsp_fx.board.board import Board

__all__ = ["Board"]
