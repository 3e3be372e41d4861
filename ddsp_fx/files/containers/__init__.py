# SPDX-License-Identifier: GPL-3.0-or-later
"""One module for each kind of file, which makes a `Survey` of its bytes. They read structure and decode nothing."""
