# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings as training data: read, checked, analysed, cut into clips. NumPy alone, no Keras."""
