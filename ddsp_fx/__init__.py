# SPDX-License-Identifier: GPL-3.0-or-later
"""Neural instruments, learned rooms and dereverb as audio effects."""

__version__ = "0.1.0"
