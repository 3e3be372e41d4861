# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes datagrams and encodes messages. Packets and messages are checked here; python-osc parses the values.

Its own classes for whole messages and bundles are unsuitable for untrusted packets: an unknown type tag writes to the
root logger, a hundred nested bundles end in RecursionError, and bytes after the last argument are ignored.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.parsing import osc_types
from pythonosc.parsing.osc_types import ParseError

from ddsp_fx.errors import RefusedError

MOST_BYTES = 65507  # the largest UDP datagram over IPv4
MOST_DEPTH = 8
MOST_MESSAGES = 1024
MOST_ARGUMENTS = 64
LONGEST_ADDRESS = 255
LONGEST_TEXT = 4096

_BUNDLE = b"#bundle\0"
# OSC 1.0: printable ASCII except space and #; the other special characters make a pattern.
_IN_ADDRESS = frozenset(range(0x21, 0x7F)) - {ord("#")}
_NTP_EPOCH_S = 2208988800  # seconds from 1900 to 1970
_IMMEDIATELY = 1


@dataclass(frozen=True, slots=True)
class Message:
    """An address or a pattern, with its arguments."""

    address: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that act at the same time: those of one bundle, or one message alone.

    Args:
        messages: in order.
        at_s: seconds since 1970; None means at once.
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
    """OSC 1.0: not earlier than the enclosing bundle; "immediately" means the enclosing bundle's time."""
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
    # Old senders omit the type tags if there are no arguments.
    if start == len(data):
        return Message(address, ())
    return Message(address, _arguments(data, start, address))


def _arguments(data: bytes, start: int, address: str) -> tuple[Any, ...]:
    """The values for the type tags at `start`, parsed once, each by python-osc."""
    end = data.find(b"\0", start)
    if data[start] != ord(",") or end < 0:
        raise _malformed("no type tags after the address", address)
    tags = data[start + 1 : end].decode("latin-1")
    if len(tags) > MOST_ARGUMENTS:
        raise RefusedError(413, address, f"{len(tags)} arguments; at most {MOST_ARGUMENTS}")
    stack: list[list[Any]] = [[]]
    index = end // 4 * 4 + 4
    for tag in tags:
        if tag in _CONSTANTS:
            stack[-1].append(_CONSTANTS[tag])
        elif tag in _READERS:
            value, index = _value(data, index, tag, address)
            stack[-1].append(value)
        else:
            _bracket(stack, tag, address)
    if len(stack) != 1:
        raise _malformed("an array bracket is not closed", address)
    if index != len(data):
        raise _malformed(f"type tags {tags!r} need {index} bytes, but there are {len(data)}", address)
    return tuple(stack[0])


def _value(data: bytes, index: int, tag: str, address: str) -> tuple[Any, int]:
    try:
        value, end = _READERS[tag](data, index)
    except (ParseError, ValueError, OverflowError) as error:
        raise _malformed(f"an argument of type {tag!r}: {error}"[:200], address) from None
    # python-osc pads a truncated float.
    if end > len(data):
        raise _malformed(f"an argument of type {tag!r}: Datagram is too short", address)
    if isinstance(value, float) and not math.isfinite(value):
        raise RefusedError(400, address, "NaN or infinity; send a finite number")
    return value, end


def _bracket(stack: list[list[Any]], tag: str, address: str) -> None:
    if tag == "[" and len(stack) <= MOST_DEPTH:
        stack[-1].append([])
        stack.append(stack[-1][-1])
    elif tag == "]" and len(stack) > 1:
        stack.pop()
    elif tag in "[]":
        raise _malformed("array brackets that do not fit, or are too deep", address)
    else:
        known = "".join([*_READERS, *_CONSTANTS])
        raise _malformed(f"type tag {tag!r}; known are {known}[]", address)


def _text(data: bytes, index: int) -> tuple[str, int]:
    # python-osc examines each byte in a Python loop, which takes milliseconds for 60 kB.
    if not 0 <= data.find(b"\0", index) - index <= LONGEST_TEXT:
        raise ParseError(f"a text without an end, or of more than {LONGEST_TEXT} bytes")
    return osc_types.get_string(data, index)


def _blob(data: bytes, index: int) -> tuple[bytes, int]:
    # python-osc reads a negative size as an empty blob.
    if data[index : index + 1] > b"\x7f":
        raise ParseError("a size of 2 GiB or more")
    return osc_types.get_blob(data, index)


_CONSTANTS = {"T": True, "F": False, "N": None}
_READERS: dict[str, Callable[[bytes, int], tuple[Any, int]]] = {
    "i": osc_types.get_int,
    "f": osc_types.get_float,
    "s": _text,
    "h": osc_types.get_int64,
    "d": osc_types.get_double,
    "b": _blob,
    "r": osc_types.get_rgba,
    "m": osc_types.get_midi,
    "t": osc_types.get_timetag,
}


def time_of(tag: int) -> float | None:
    """An OSC time tag -> seconds since 1970, or None for "immediately" (1, and 0, which some send)."""
    return None if tag <= _IMMEDIATELY else tag / 2**32 - _NTP_EPOCH_S


def tag_of(time_s: float) -> int:
    """The inverse of `time_of`, to 2^-32 s, as far as a double allows (0.2 us)."""
    return int((time_s + _NTP_EPOCH_S) * 2**32)


def encode(address: str, arguments: Sequence[Any]) -> bytes:
    """Encode one message. Floats use 32 bits; integers beyond 32 bits use 64.

    Raises ValueError for types other than bool, int, float, str, bytes (not empty), None and lists of these.
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
    """One bundle that contains these encoded messages or bundles."""
    tag = _IMMEDIATELY if at_s is None else tag_of(at_s)
    parts = [_BUNDLE, struct.pack(">Q", tag)]
    for message in messages:
        parts += [struct.pack(">i", len(message)), message]
    return b"".join(parts)
