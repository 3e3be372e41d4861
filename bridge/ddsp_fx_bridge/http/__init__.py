# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP port: OSCQuery, its WebSocket, and the data for the control panel."""
