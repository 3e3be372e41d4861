# SPDX-License-Identifier: GPL-3.0-or-later
"""Signal processing on NumPy arrays, independent of models, effects and files."""
