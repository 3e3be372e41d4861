# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that let a DAW or a controller move the parameters of a board, generated from its declarations."""
