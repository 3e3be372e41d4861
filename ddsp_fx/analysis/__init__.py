# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio to features: pitch, loudness, power, at the model's frame rate."""
