# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes HTTP bodies in chunks, without holding them in memory, and with time limits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from ddsp_fx.errors import RefusedError

MOST_UPLOAD_BYTES = 256 << 20
# A phone on a bad network pauses for a second or two; a client that is idle for this long is gone.
STALL_S = 15.0
# The slowest average rate of a whole transfer.
LEAST_BYTES_PER_S = 32 << 10
_PIECE = 1 << 16


async def receive(request: web.Request, path: Path) -> None:
    """Write the body to a file; raises RefusedError 400 (none), 408 (too slow) or 413 (too large)."""
    size, begun = 0, asyncio.get_running_loop().time()
    with path.open("xb") as file:
        while chunk := await _next(request):
            size += len(chunk)
            if size > MOST_UPLOAD_BYTES:
                raise RefusedError(413, "", f"more than {MOST_UPLOAD_BYTES >> 20} MiB; use ddsp-fx apply")
            file.write(chunk)
            _require_pace(size, begun)
    if not size:
        raise RefusedError(400, "", "the request has no body; send the audio file itself as the body")


async def _next(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(STALL_S):
            return await request.content.readany()
    except TimeoutError:
        raise RefusedError(408, "", f"no data arrived for {STALL_S:g} s; send the file again") from None


def _require_pace(size: int, begun: float) -> None:
    spent = asyncio.get_running_loop().time() - begun
    if spent > STALL_S + size / LEAST_BYTES_PER_S:
        raise RefusedError(408, "", f"slower than {LEAST_BYTES_PER_S >> 10} KiB/s; send the file again")


async def send(request: web.Request, path: Path, headers: dict[str, str]) -> web.StreamResponse:
    """Answer with a file. A client that stops reading is disconnected, so that the file can be deleted."""
    response = web.StreamResponse(headers={**headers, "Content-Length": str(path.stat().st_size)})
    await response.prepare(request)
    begun, size = asyncio.get_running_loop().time(), 0
    with path.open("rb") as file, suppress(ConnectionError):
        while piece := file.read(_PIECE):
            try:
                async with asyncio.timeout(STALL_S):
                    await response.write(piece)
                size += len(piece)
                _require_pace(size, begun)
            except (TimeoutError, RefusedError):
                _cut_off(request)
                return response
        await response.write_eof()
    return response


def _cut_off(request: web.Request) -> None:
    # The length was announced in the head, so only a closed connection tells the client that the rest will not come.
    if request.transport is not None:
        request.transport.abort()
