# SPDX-License-Identifier: GPL-3.0-or-later
"""The trained effects that ship with ddsp-fx: one folder of data a bundle."""
