# SPDX-License-Identifier: GPL-3.0-or-later
"""A .tflite file as a callable with named tensors and carried state."""
