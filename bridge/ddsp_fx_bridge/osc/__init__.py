# SPDX-License-Identifier: GPL-3.0-or-later
"""Open Sound Control: packets, patterns, the namespace, and subscriptions."""
