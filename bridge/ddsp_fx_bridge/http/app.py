# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP port, with all its routes in one place."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from ddsp_fx.errors import BoardError, DdspFxError, EngineError, RefusedError
from ddsp_fx_bridge.http.eyes import Eyes
from ddsp_fx_bridge.http.guard import Handler, Network, guard
from ddsp_fx_bridge.http.listener import HttpListener
from ddsp_fx_bridge.http.oscquery import answer
from ddsp_fx_bridge.http.render import Renderer
from ddsp_fx_bridge.http.tracks import asked_track
from ddsp_fx_bridge.http.websocket import serve_websocket
from ddsp_fx_bridge.osc.service import OscService

PANEL = Path(__file__).parents[1] / "panel"
LOOK_S = 0.05
MOST_VIEWERS = 16
# How long a connection may be open without a request.
IDLE_S = 30.0
# Making the whole namespace takes some milliseconds, as much as a hundred messages: 150 a second from one address.
QUERY_COST = 100.0
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EAGAIN}
_BODIES = {400, 403, 404, 405, 408, 413, 416, 429, 503}


class HttpDoor:
    """Binds its port at once, and serves after `start`.

    Args:
        service: whose namespace it serves.
        host: address of an interface.
        port: 0 lets the system choose.
        allow: networks from which requests are accepted.

    Raises EngineError if the port cannot be opened.
    """

    def __init__(self, service: OscService, host: str, port: int, allow: Sequence[Network]) -> None:
        self._service = service
        self.osc_port = 0
        self._viewers = 0
        self._renderer = Renderer(service.studio.engine)
        middlewares = [self._timed, guard(allow), _errors]
        self._app = web.Application(middlewares=middlewares, client_max_size=1 << 16)
        self._app.add_routes(self._routes())
        self._runner: web.AppRunner | None = None
        self._listener: HttpListener | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise EngineError(
                f"TCP port {port} of {host} cannot be opened: {error.strerror}; choose another with --http-port"
            ) from None
        self.host, self.port = self._socket.getsockname()[:2]

    def _routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/panel", _to_panel),
            web.get("/panel/", self._panel),
            web.get("/panel/{file:[A-Za-z0-9_.-]+}", self._panel),
            web.get("/api/stream", self._stream),
            web.post("/api/render", self._renderer.handle),
            web.get("/{path:.*}", self._query),
        ]

    async def start(self) -> None:
        """Call in the event loop that is to serve."""
        self._runner = web.AppRunner(
            self._app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0, keepalive_timeout=IDLE_S
        )
        await self._runner.setup()
        assert self._runner.server is not None
        self._listener = HttpListener(self._socket, self._runner.server)
        self._listener.start()

    @web.middleware
    async def _timed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A request that has a handler has arrived in time: end its deadline."""
        assert self._listener is not None
        self._listener.asked(request.protocol)
        try:
            return await handler(request)
        finally:
            self._listener.answered(request.protocol)

    async def stop(self) -> None:
        """Close all connections."""
        if self._listener is not None:
            self._listener.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._socket.close()

    async def _query(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await serve_websocket(request, self._service)
        if not self._service.limits.allow(("http", request.remote), QUERY_COST):
            raise RefusedError(429, request.path, "too fast: ask again in a moment, or listen by WebSocket")
        wants_page = "text/html" in request.headers.get("Accept", "")
        if request.path == "/" and not request.query_string and wants_page and (PANEL / "index.html").is_file():
            raise web.HTTPFound("/panel/")
        return answer(self._service.namespace, request.path, request.query_string, self.osc_port)

    async def _panel(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("file", "index.html")
        path = PANEL / name
        if name.startswith(".") or not path.is_file() or path.resolve().parent != PANEL.resolve():
            raise web.HTTPNotFound(text=f"{name}: the panel has no such file\n")
        return web.FileResponse(path)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        track = asked_track(request, self._service.studio.engine)
        if self._viewers >= MOST_VIEWERS:
            raise RefusedError(503, "", f"{MOST_VIEWERS} viewers already")
        self._viewers += 1
        try:
            return await self._look(request, track)
        finally:
            self._viewers -= 1

    async def _look(self, request: web.Request, number: int) -> web.WebSocketResponse:
        engine = self._service.studio.engine
        connection = web.WebSocketResponse(heartbeat=30.0, max_msg_size=1024)
        await connection.prepare(request)
        eyes = Eyes(engine, engine.track(number))
        await connection.send_json(eyes.hello())
        reader = asyncio.create_task(_until_closed(connection))
        try:
            while not reader.done() and engine.tracks.get(number) is not None:
                await connection.send_json({**eyes.look(), "clients": self._service.hub.count})
                await asyncio.wait([reader], timeout=LOOK_S)
        except ConnectionError:
            pass
        finally:
            reader.cancel()
        await connection.close()
        return connection


async def _until_closed(connection: web.WebSocketResponse) -> None:
    """Read, so that a close is noticed; incoming data is ignored."""
    async for _ in connection:
        pass


async def _to_panel(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/panel/")


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into a status and a line of text."""
    try:
        # An unpaired UTF-16 surrogate is not text: an answer could not name it.
        (request.path + request.query_string).encode()
        "".join(request.query.values()).encode()
    except UnicodeEncodeError:
        return web.Response(status=400, text="the address is not UTF-8\n")
    try:
        return await handler(request)
    except RefusedError as error:
        return web.Response(status=error.code if error.code in _BODIES else 400, text=f"{error}\n")
    except BoardError as error:
        return web.Response(status=409, text=f"{error}\n")
    except DdspFxError as error:
        return web.Response(status=422, text=f"{error}\n")
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return web.Response(status=503, text=f"a system resource has run out: {error.strerror}; try again later\n")
