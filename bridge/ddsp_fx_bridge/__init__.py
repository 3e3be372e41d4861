# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into the engine from outside Python."""
