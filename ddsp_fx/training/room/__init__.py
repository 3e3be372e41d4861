# SPDX-License-Identifier: GPL-3.0-or-later
"""The room of recordings, estimated from their energies before anything is trained. NumPy alone, no Keras."""
