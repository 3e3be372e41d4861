# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings as a model can learn from them: read, judged, analysed, cut into clips. NumPy alone, no Keras."""
