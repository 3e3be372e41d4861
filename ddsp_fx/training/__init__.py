# SPDX-License-Identifier: GPL-3.0-or-later
"""Training: makes a bundle from recordings. Needs the [train] extra; no other package imports it."""
