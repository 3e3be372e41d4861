# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio files: reads what they really contain, copies their metadata, and replaces them safely.

`reader` and `input` read, `writer` writes, `replace` puts any file into place, `folder` searches folders, `carry`
copies metadata. Nothing here prints, or depends on command-line options.
"""
