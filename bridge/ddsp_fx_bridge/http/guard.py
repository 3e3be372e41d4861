# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses HTTP requests from pages of other sites, for foreign host names, and from networks that are not allowed."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Our pages may load only from this server, and may not be shown in a frame of another page.
POLICY = "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; img-src 'self' data: blob:; " + (
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


def guard(allow: Sequence[Network]) -> Middleware:
    """A middleware that answers 403 to requests from anywhere else.

    Args:
        allow: networks from which requests are accepted.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_allowed(request.remote, allow):
            raise web.HTTPForbidden(text="this address is not on the allow list\n")
        if not is_own_name(request.host):
            # A foreign name that resolves to this machine (DNS rebinding) would otherwise count as the same origin.
            raise web.HTTPForbidden(text="use the address of this machine, or localhost\n")
        if not is_same_origin(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden(text="requests from pages of other sites are refused\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return check


def is_allowed(remote: str | None, allow: Sequence[Network]) -> bool:
    """Whether that address is in one of the networks."""
    try:
        address = ipaddress.ip_address(remote or "")
    except ValueError:
        return False
    return any(address in network for network in allow)


def is_own_name(host: str) -> bool:
    """Whether a Host header can only mean this machine: an address, or localhost."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def is_same_origin(origin: str | None, host: str) -> bool:
    """Whether a request comes from our page or a program. Browsers send the page's Origin; "null" is an opaque one."""
    return origin is None or origin in (f"http://{host}", f"https://{host}")
