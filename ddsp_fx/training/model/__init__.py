# SPDX-License-Identifier: GPL-3.0-or-later
"""What is trained: decoder, encoders, synthesizer, loss, and the Keras models that hold them."""
