# SPDX-License-Identifier: GPL-3.0-or-later
"""Other hosts for effects, such as a plugin in this process. Their entry points are looked up when needed."""

from __future__ import annotations

from typing import Any

from ddsp_fx.errors import MissingExtraError
from ddsp_fx.extensions import Door

HOSTS = Door("ddsp_fx.hosts", "host")


def hosted(effect: object, host: str) -> Any:
    """The effect as that host's plugin; raises MissingExtraError if no package provides it, or the host's errors."""
    if host not in HOSTS.names():
        raise MissingExtraError(f'no installed package offers a {host!r} host; pip install "ddsp-fx[serve]"')
    return HOSTS.load(host)(effect)
