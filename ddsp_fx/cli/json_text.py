# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON on stdout that every program can read, even with unusual characters in file names."""

from __future__ import annotations

import json
from typing import Any

from ddsp_fx.files.names import printable


def print_json(data: Any) -> None:
    """Print indented ASCII. Undecodable bytes of a name are escaped; JSON itself escapes line ends and the like."""
    print(json.dumps(_encodable(data), indent=2))


def _encodable(data: Any) -> Any:
    if isinstance(data, dict):
        return {_encodable(key): _encodable(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_encodable(item) for item in data]
    if isinstance(data, str) and any("\ud800" <= character <= "\udfff" for character in data):
        return printable(data)
    return data
