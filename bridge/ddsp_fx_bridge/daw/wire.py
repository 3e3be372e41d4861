# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as plain tuples, (address, *arguments), encoded and decoded by the engine's codec."""

from __future__ import annotations

from typing import Any

from ddsp_fx.errors import MissingExtraError, RefusedError

Message = tuple[Any, ...]


def check_codec() -> None:
    """Raises MissingExtraError without python-osc, before anything else has started."""
    try:
        import pythonosc  # noqa: F401
    except ImportError:
        raise MissingExtraError('OSC needs python-osc: pip install "ddsp-fx[serve]"') from None


def to_packet(message: Message) -> bytes:
    """One message as a datagram; ints stay ints, floats are 32 bits."""
    from ddsp_fx_bridge.osc.packets import encode

    return encode(message[0], message[1:])


def from_packet(data: bytes) -> list[Message]:
    """Every message of a datagram, in order; none if it is not OSC."""
    from ddsp_fx_bridge.osc.packets import decode

    try:
        groups = decode(data)
    except RefusedError:
        return []
    return [(message.address, *message.arguments) for group in groups for message in group.messages]
