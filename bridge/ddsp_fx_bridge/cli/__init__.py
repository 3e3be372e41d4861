# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's commands, which `ddsp-fx` finds through entry point group `ddsp_fx.commands`."""
