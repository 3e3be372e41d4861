# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies a recording's metadata: `collect` reads it, `bestow` writes it into another file."""

from ddsp_fx.files.carry.bestow import bestow
from ddsp_fx.files.carry.collect import Belongings, collect

__all__ = ["Belongings", "bestow", "collect"]
