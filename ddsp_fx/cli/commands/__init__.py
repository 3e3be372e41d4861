# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be typed: one module a command, registered in pyproject.toml as other packages' commands are.

A module here imports nothing heavy; what the command does is in `ddsp_fx.cli`.
"""
