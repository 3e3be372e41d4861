# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a bundle from trained weights: the `.tflite` file, its check, the manifest, the card, its place on disk."""
