# SPDX-License-Identifier: GPL-3.0-or-later
"""Estimates the room of recordings from their energies, before anything is trained. NumPy only, no Keras."""
