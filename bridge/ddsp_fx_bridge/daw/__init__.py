# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that let a DAW or a controller move the parameters of the boards in use, made from their declarations."""
