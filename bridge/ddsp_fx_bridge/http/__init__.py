# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP port: OSCQuery, its WebSocket, and the control panel with its data."""
