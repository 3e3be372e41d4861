# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's name on the local network: _oscjson._tcp and _osc._udp (extra `mdns`)."""

from __future__ import annotations

import socket

from ddsp_fx import __version__
from ddsp_fx.errors import EngineError, MissingExtraError


class Announcement:
    """Announces the server until `close`.

    Args:
        host: the address that the server is bound to; 0.0.0.0 announces this machine's address.
        osc_port, http_port: the server's ports.

    Raises MissingExtraError, or EngineError if the network refuses.
    """

    def __init__(self, host: str, osc_port: int, http_port: int) -> None:
        try:
            from zeroconf import Error, ServiceInfo, Zeroconf
        except ImportError:
            raise MissingExtraError('announcing by mDNS needs zeroconf: pip install "ddsp-fx[mdns]"') from None
        machine = socket.gethostname().partition(".")[0] or "ddsp-fx"
        address = socket.inet_aton(_own_address() if host == "0.0.0.0" else host)
        self._infos = [
            ServiceInfo(
                kind,
                f"ddsp-fx on {machine}.{kind}",
                port,
                addresses=[address],
                server=f"{machine}.local.",
                properties={"version": __version__},
            )
            for kind, port in (("_oscjson._tcp.local.", http_port), ("_osc._udp.local.", osc_port))
        ]
        try:
            self._zeroconf = Zeroconf(interfaces=[socket.inet_ntoa(address)])
            for info in self._infos:
                self._zeroconf.register_service(info, allow_name_change=True)
        except (OSError, Error) as error:
            raise EngineError(f"mDNS cannot be announced: {error}; start without --mdns") from None

    def close(self) -> None:
        """Withdraw the announcement."""
        self._zeroconf.unregister_all_services()
        self._zeroconf.close()


def _own_address() -> str:
    """The address that this machine would use to reach others; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
