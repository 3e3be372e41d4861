# SPDX-License-Identifier: GPL-3.0-or-later
"""The models to train: decoder, encoders, synthesizer, loss, and the Keras models that hold them."""
