# SPDX-License-Identifier: GPL-3.0-or-later
"""Signal processing on NumPy arrays: knows nothing of models, effects or files."""
