# SPDX-License-Identifier: GPL-3.0-or-later
"""File names that are valid on every system, so that files can be copied anywhere."""

from __future__ import annotations

import re

# Windows opens a device for these, whatever follows the first dot; superscript digits count too.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
MOST_BYTES = 255


def problem_with(name: str) -> str:
    """The reason why a file should not have this name (one part of a path), or "" if it may."""
    if not name or name in (".", ".."):
        return 'it is empty, "." or ".."'
    if found := _REFUSED.search(name):
        return f"it contains {found.group()!r}"
    if name[-1] in ". ":
        return "it ends in a dot or a space, which Windows removes"
    if _DEVICES.fullmatch(name.partition(".")[0].rstrip(" ")):
        return "Windows reserves it for a device"
    if len(name.encode()) > MOST_BYTES:
        return f"it is longer than {MOST_BYTES} bytes"
    return ""
