# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio files as they really are: what is in them, what they carry beside samples, and how one is replaced.

`reader` and `input` read, `writer` writes, `replace` puts any file into place, `folder` looks through folders, `carry`
takes along what is not sound. Nothing here prints or knows an option.
"""
