# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge: the engine, and access to it by OSC, HTTP, MIDI and plugins in DAWs."""
