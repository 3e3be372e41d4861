# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads recordings as training data, checks and analyses them, and cuts them into clips. NumPy only, no Keras."""
