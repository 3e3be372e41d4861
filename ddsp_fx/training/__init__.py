# SPDX-License-Identifier: GPL-3.0-or-later
"""Training: recordings in, a bundle out. Needs the [train] extra; nothing else imports it."""
