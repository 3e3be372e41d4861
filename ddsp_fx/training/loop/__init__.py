# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of a training: batches in, steps, checkpoints, previews."""
