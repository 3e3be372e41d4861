# SPDX-License-Identifier: GPL-3.0-or-later
"""How a board's parameters move in time."""

from ddsp_fx.automation.automation import Automation
from ddsp_fx.automation.curves import Breakpoints, Constant, Sampled
from ddsp_fx.automation.files import read_automation

__all__ = ["Automation", "Breakpoints", "Constant", "Sampled", "read_automation"]
