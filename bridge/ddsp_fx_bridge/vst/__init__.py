# SPDX-License-Identifier: GPL-3.0-or-later
"""The native plugin for DAWs: its build, its installation, and the command by which it starts an engine."""
