# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the track that a request names."""

from __future__ import annotations

import re

from aiohttp import web

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine import Engine


def asked_track(request: web.Request, engine: Engine) -> int:
    """The number after ?track=, or 1; raises RefusedError 400 or 404."""
    text = request.query.get("track", "1")
    # int() would accept digits of other scripts, and fail for some that isdigit() accepts.
    if not re.fullmatch("[0-9]{1,9}", text):
        raise RefusedError(400, "", f"track={text[:20]!r} is not a number; expected one such as 1")
    if int(text) not in engine.tracks:
        raise RefusedError(404, "", f"there is no track {int(text)}")
    return int(text)
