# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate at which everything is heard. Pitch and level are the same features whatever rate a host or a model has."""

FEATURE_RATE_HZ = 16000
