# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes datagrams and encodes messages with python-osc's codec. What the codec cannot handle is refused first.

Without that check, bad UTF-8 comes out of it as UnicodeDecodeError, an unknown type tag writes to the root logger, a
hundred bundles in each other end in RecursionError, and NaN passes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message import ParseError as MessageParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

from ddsp_fx.errors import RefusedError

MOST_BYTES = 65507  # what fits into a UDP datagram over IPv4
MOST_DEPTH = 8
MOST_MESSAGES = 1024
MOST_ARGUMENTS = 64
LONGEST_ADDRESS = 255

_BUNDLE = b"#bundle\0"
_FIXED_BYTES = {"i": 4, "f": 4, "r": 4, "m": 4, "h": 8, "d": 8, "t": 8, "T": 0, "F": 0, "N": 0}
# OSC 1.0: printable ASCII but space and #; the rest of the special characters make a pattern.
_IN_ADDRESS = frozenset(range(0x21, 0x7F)) - {ord("#")}
_NTP_EPOCH_S = 2208988800  # seconds from 1900 to 1970
_IMMEDIATELY = 1


@dataclass(frozen=True, slots=True)
class Message:
    """An address, or a pattern, with its arguments."""

    address: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What is to happen at one time: the messages of one bundle, or one message alone.

    Args:
        messages: in order.
        at_s: seconds since 1970; None is at once.
    """

    messages: tuple[Message, ...]
    at_s: float | None


def decode(datagram: bytes) -> list[Group]:
    """A packet's groups, outer bundles first; raises RefusedError 400 or 413 for anything but a well-formed packet."""
    if len(datagram) > MOST_BYTES:
        raise RefusedError(413, "", f"a packet of {len(datagram)} bytes; at most {MOST_BYTES}")
    if not datagram.startswith(_BUNDLE):
        return [Group((_message(datagram),), None)]
    groups = list(_bundle(datagram, None, 1))
    count = sum(len(group.messages) for group in groups)
    if count > MOST_MESSAGES:
        raise RefusedError(413, "", f"a packet of {count} messages; at most {MOST_MESSAGES}")
    return groups


def _bundle(data: bytes, outer: float | None, depth: int) -> Iterator[Group]:
    if depth > MOST_DEPTH:
        raise RefusedError(413, "", f"bundles in bundles, over {MOST_DEPTH} deep")
    if len(data) < 16:
        raise _malformed("a bundle without a time tag")
    at_s = _inner_time(time_of(int.from_bytes(data[8:16], "big")), outer)
    messages, inner = [], []
    for element in _elements(data):
        if element.startswith(_BUNDLE):
            inner.append(element)
        else:
            messages.append(_message(element))
    if messages:
        yield Group(tuple(messages), at_s)
    for element in inner:
        yield from _bundle(element, at_s, depth + 1)


def _inner_time(own: float | None, outer: float | None) -> float | None:
    """OSC 1.0: not before the bundle around it; "immediately" is when that one is due."""
    if own is not None and outer is not None and own < outer:
        raise _malformed("a bundle inside one with a later time tag")
    return outer if own is None else own


def _elements(data: bytes) -> Iterator[bytes]:
    index, count = 16, 0
    while index < len(data):
        size = int.from_bytes(data[index : index + 4], "big")
        index += 4
        if size % 4 or not 0 < size <= len(data) - index:
            raise _malformed(f"a bundle element of {size} bytes where {max(0, len(data) - index)} are left")
        count += 1
        if count > MOST_MESSAGES:
            raise RefusedError(413, "", f"a bundle of more than {MOST_MESSAGES} elements")
        yield data[index : index + size]
        index += size


def _malformed(text: str, address: str = "") -> RefusedError:
    return RefusedError(400, address, f"malformed packet: {text}")


def _message(data: bytes) -> Message:
    end = data.find(b"\0")
    if not data.startswith(b"/") or end < 0 or len(data) % 4:
        raise _malformed(f"{len(data)} bytes that are neither a message nor a bundle")
    if end > LONGEST_ADDRESS:
        raise RefusedError(413, "", f"an address of {end} characters; at most {LONGEST_ADDRESS}")
    if not _IN_ADDRESS.issuperset(data[:end]):
        raise _malformed("an address with a character outside printable ASCII, a space or #")
    address = data[:end].decode("ascii")
    start = end // 4 * 4 + 4
    # Old senders leave the type tags out where there are no arguments.
    if start == len(data):
        return Message(address, ())
    _check_arguments(data, start, address)
    try:
        arguments = tuple(OscMessage(data).params)
    except (MessageParseError, ValueError, OverflowError) as error:
        raise _malformed(f"{error}"[:200], address) from None
    if any(isinstance(value, float) and not math.isfinite(value) for value in _flat(arguments)):
        raise RefusedError(400, address, "NaN or infinity; send a finite number")
    return Message(address, arguments)


def _flat(arguments: Sequence[Any]) -> Iterator[Any]:
    for value in arguments:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _check_arguments(data: bytes, start: int, address: str) -> None:
    end = data.find(b"\0", start)
    if data[start] != ord(",") or end < 0:
        raise _malformed("no type tags after the address", address)
    tags = data[start + 1 : end].decode("latin-1")
    if len(tags) > MOST_ARGUMENTS:
        raise RefusedError(413, address, f"{len(tags)} arguments; at most {MOST_ARGUMENTS}")
    index, depth = end // 4 * 4 + 4, 0
    for tag in tags:
        if tag in "[]":
            depth += 1 if tag == "[" else -1
            if not 0 <= depth <= MOST_DEPTH:
                raise _malformed("array brackets that do not fit, or are too deep", address)
        else:
            index += _length(data, index, tag, address)
    if depth or index != len(data):
        raise _malformed(f"type tags {tags!r} ask for {index} bytes, there are {len(data)}", address)


def _length(data: bytes, index: int, tag: str, address: str) -> int:
    """Bytes of the argument at index; more than there are where it runs over the end."""
    if tag in _FIXED_BYTES:
        return _FIXED_BYTES[tag]
    if tag == "s":
        end = data.find(b"\0", index)
        if end < 0:
            raise _malformed("a text without an end", address)
        try:
            data[index:end].decode("utf-8")
        except UnicodeDecodeError:
            raise _malformed("a text that is not UTF-8", address) from None
        return (end - index) // 4 * 4 + 4
    if tag == "b" and len(data) >= index + 4:
        return 4 + (int.from_bytes(data[index : index + 4], "big") + 3) // 4 * 4
    raise _malformed(f"type tag {tag!r}; known are {''.join(_FIXED_BYTES)}sb[]", address)


def time_of(tag: int) -> float | None:
    """An OSC time tag -> seconds since 1970, or None for "immediately" (1, and 0, which some send)."""
    return None if tag <= _IMMEDIATELY else tag / 2**32 - _NTP_EPOCH_S


def tag_of(time_s: float) -> int:
    """The inverse of `time_of`, to 2^-32 s as far as a double goes (0.2 us)."""
    return int((time_s + _NTP_EPOCH_S) * 2**32)


def encode(address: str, arguments: Sequence[Any]) -> bytes:
    """One message. Floats go as 32 bits; an integer beyond 32 bits as 64.

    Raises ValueError for other types than bool, int, float, str, bytes (not empty), None and lists of these.
    """
    builder = OscMessageBuilder(address)
    try:
        for value in arguments:
            builder.add_arg(value)
        datagram: bytes = builder.build().dgram
    except (BuildError, OverflowError) as error:
        raise ValueError(str(error)) from None
    return datagram


def encode_bundle(messages: Sequence[bytes], at_s: float | None = None) -> bytes:
    """Encoded messages, or bundles, as one bundle."""
    tag = _IMMEDIATELY if at_s is None else tag_of(at_s)
    parts = [_BUNDLE, struct.pack(">Q", tag)]
    for message in messages:
        parts += [struct.pack(">i", len(message)), message]
    return b"".join(parts)
