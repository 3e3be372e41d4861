# SPDX-License-Identifier: GPL-3.0-or-later
"""One module per kind of file. Each makes a `Survey` from the file's structure, without decoding."""
