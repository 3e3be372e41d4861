# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in commands, one module each, registered in pyproject.toml like those of other packages.

A module here imports nothing heavy; the work of its command is in `ddsp_fx.cli`.
"""
