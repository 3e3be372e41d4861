# SPDX-License-Identifier: GPL-3.0-or-later
"""One module a kind of file: from its bytes to a `Survey`. They look at structure and decode nothing."""
