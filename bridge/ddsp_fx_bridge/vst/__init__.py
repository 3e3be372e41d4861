# SPDX-License-Identifier: GPL-3.0-or-later
"""The native plugin for DAWs: building it, installing it, and the command with which it starts an engine."""
