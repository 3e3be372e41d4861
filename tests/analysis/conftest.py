# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis without deadlines, because a busy machine must not make a test fail."""

from hypothesis import settings

settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")
