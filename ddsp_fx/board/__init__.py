# SPDX-License-Identifier: GPL-3.0-or-later
"""Boards: chains of effects, with saved state and live changes."""

from ddsp_fx.board.board import Board
from ddsp_fx.board.branches import Chain, Mix
from ddsp_fx.board.faults import Failure
from ddsp_fx.board.plugin_files import load_plugin

__all__ = ["Board", "Chain", "Failure", "Mix", "load_plugin"]
