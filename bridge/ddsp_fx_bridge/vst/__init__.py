# SPDX-License-Identifier: GPL-3.0-or-later
"""The native plugin for DAWs, from its C++ sources to a host's folders, and what starts its engine."""
