# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata of a recording, and copying it: `collect` it, `bestow` it on another file."""

from ddsp_fx.files.carry.bestow import bestow
from ddsp_fx.files.carry.collect import Belongings, collect

__all__ = ["Belongings", "bestow", "collect"]
