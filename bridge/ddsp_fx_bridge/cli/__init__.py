# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's commands; `ddsp-fx` finds them by entry point group `ddsp_fx.commands`."""
