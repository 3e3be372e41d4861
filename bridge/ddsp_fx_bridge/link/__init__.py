# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's side of the link to plugins in a DAW (docs/link.md)."""

from ddsp_fx_bridge.link.door import LinkDoor, socket_path

__all__ = ["LinkDoor", "socket_path"]
