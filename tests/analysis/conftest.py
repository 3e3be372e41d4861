# SPDX-License-Identifier: GPL-3.0-or-later
"""No law may fail because the machine is busy."""

from hypothesis import settings

settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")
