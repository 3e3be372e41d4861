# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation of a board's parameters."""

from ddsp_fx.automation.automation import Automation
from ddsp_fx.automation.curves import Breakpoints, Constant, Events, Sampled
from ddsp_fx.automation.files import read_automation
from ddsp_fx.automation.takes import Take, read_take, take_event, take_header

__all__ = [
    "Automation",
    "Breakpoints",
    "Constant",
    "Events",
    "Sampled",
    "Take",
    "read_automation",
    "read_take",
    "take_event",
    "take_header",
]
