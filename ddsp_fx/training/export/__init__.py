# SPDX-License-Identifier: GPL-3.0-or-later
"""From trained weights to a bundle: the `.tflite` file, its check, the manifest, the card, and its place on disk."""
