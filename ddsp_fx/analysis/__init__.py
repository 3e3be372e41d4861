# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of audio at the model's frame rate: pitch, loudness, power."""
