# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio files: reading what they really hold, their metadata, and replacing them safely.

`reader` and `input` read, `writer` writes, `replace` puts any file into place, `folder` looks through folders, `carry`
copies metadata. Nothing here prints, or depends on command-line options.
"""
