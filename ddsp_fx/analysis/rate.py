# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample rate of all analysis, so that pitch and level are the same features at any host's or model's rate."""

FEATURE_RATE_HZ = 16000
