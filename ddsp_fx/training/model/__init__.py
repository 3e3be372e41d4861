# SPDX-License-Identifier: GPL-3.0-or-later
"""The models: decoder, encoders, synthesizer, loss, and the Keras models that contain them."""
