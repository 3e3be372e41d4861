# SPDX-License-Identifier: GPL-3.0-or-later
"""Encoding and decoding of datagrams, and patterns."""

import math
import random
import re
import struct
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.osc.names import RESERVED, address_parts, id_part
from ddsp_fx_bridge.osc.packets import MOST_DEPTH, Group, Message, decode, encode, encode_bundle, tag_of, time_of
from ddsp_fx_bridge.osc.patterns import PartPattern, matches
from serve.osc.hostile import packet, padded

ADDRESS = st.from_regex(r"(/[a-zA-Z0-9_.-]{1,12}){1,5}", fullmatch=True)
ARGUMENT = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=40),
    st.binary(min_size=1, max_size=40),
    st.none(),
)


@given(ADDRESS, st.lists(ARGUMENT, max_size=8))
def test_what_is_encoded_is_decoded(address: str, arguments: list[object]) -> None:
    assert decode(encode(address, arguments)) == [Group((Message(address, tuple(arguments)),), None)]


@given(st.lists(ADDRESS, min_size=1, max_size=5), st.floats(1e9, 2e9))
def test_a_bundle_has_one_time(addresses: list[str], at_s: float) -> None:
    messages = [encode(address, [1.0]) for address in addresses]
    (group,) = decode(encode_bundle(messages, at_s))
    assert [message.address for message in group.messages] == addresses
    assert group.at_s == pytest.approx(at_s, abs=1e-6)
    assert decode(encode_bundle(messages))[0].at_s is None


def test_time_tags() -> None:
    assert time_of(1) is None
    assert time_of(0) is None
    assert time_of(2208988800 << 32) == 0.0
    assert time_of(tag_of(1_700_000_000.25)) == 1_700_000_000.25


def test_bundles_in_bundles() -> None:
    inner = encode_bundle([encode("/b", [])], 2000.0)
    groups = decode(encode_bundle([inner, encode("/a", [])], 1000.0))
    assert [(group.messages[0].address, group.at_s) for group in groups] == [("/a", 1000.0), ("/b", 2000.0)]
    # OSC 1.0: an inner time tag may not be earlier than the outer one; "immediately" counts as the same.
    with pytest.raises(RefusedError, match="later time tag"):
        decode(encode_bundle([inner], 3000.0))
    assert decode(encode_bundle([encode_bundle([encode("/b", [])])], 1000.0))[0].at_s == 1000.0
    nested = encode("/deep", [])
    for _ in range(MOST_DEPTH):
        nested = encode_bundle([nested])
    assert len(decode(nested)) == 1
    for depth in (1, 2000):
        for _ in range(depth):
            nested = encode_bundle([nested])
        with pytest.raises(RefusedError, match=r"deep|65507") as refused:
            decode(nested)
        assert refused.value.code == 413


NAN = padded(b"/a") + padded(b",f") + struct.pack(">f", math.nan)


@pytest.mark.parametrize(
    ("datagram", "message"),
    [
        (b"", "neither a message nor a bundle"),
        (b"hello\0\0\0", "neither"),
        (b"/a\0", "neither"),
        (b"/abc", "neither"),
        (b"/a b\0\0\0\0", "outside printable ASCII"),
        ("/é".encode() + b"\0", "outside printable ASCII"),
        (padded(b"/a") + b"x\0\0\0", "no type tags"),
        (padded(b"/a") + b",iii", "no type tags"),
        (padded(b"/a") + padded(b",i"), "type 'i': Datagram is too short"),
        (padded(b"/a") + padded(b",i") + b"\0" * 8, "need"),
        (padded(b"/a") + padded(b",S") + padded(b"x"), "type tag 'S'"),
        (padded(b"/a") + padded(b",s") + b"abcd", "text without an end"),
        (padded(b"/a") + padded(b",s") + b"\xff\xfe\0\0", "type 's': 'utf-8' codec"),
        (padded(b"/a") + padded(b",b") + struct.pack(">i", -1), "a size of 2 GiB"),
        (padded(b"/a") + padded(b",b") + struct.pack(">I", 2**31), "a size of 2 GiB"),
        (padded(b"/a") + padded(b",b") + struct.pack(">I", 40), "type 'b': Datagram is too short"),
        (padded(b"/a") + padded(b",s") + padded(b"x" * 5000), "of more than 4096 bytes"),
        (padded(b"/a") + padded(b",d") + b"\0" * 4, "type 'd': Datagram is too short"),
        (padded(b"/a") + padded(b",f"), "type 'f': Datagram is too short"),
        (padded(b"/a") + padded(b",[") + b"", "an array bracket is not closed"),
        (padded(b"/a") + padded(b",]["), "brackets"),
        (padded(b"/a") + padded(b"," + b"[" * 20 + b"]" * 20), "brackets"),
        (NAN, "NaN or infinity"),
        (padded(b"/a") + padded(b",[d]") + struct.pack(">d", math.inf), "NaN or infinity"),
        (b"#bundle\0", "without a time tag"),
        (encode_bundle([]) + b"\0\0", "bundle element"),
        (encode_bundle([]) + struct.pack(">i", 400) + b"/abc", "bundle element"),
        (encode_bundle([]) + struct.pack(">i", -4) + b"/abc", "bundle element"),
        (encode_bundle([b"/abc"]), "neither"),
        (padded(b"/" + b"a" * 300), "an address of 301"),
        (padded(b"/a") + padded(b"," + b"T" * 65), "65 arguments"),
        (encode_bundle([padded(b"/a")] * 1025), "1024"),
        (b"/" * 70000, "70000 bytes"),
    ],
)
def test_what_is_refused(datagram: bytes, message: str) -> None:
    with pytest.raises(RefusedError, match=re.escape(message)) as refused:
        decode(datagram)
    assert refused.value.code in (400, 413)


def test_an_old_sender_without_type_tags() -> None:
    assert decode(padded(b"/ping")) == [Group((Message("/ping", ()),), None)]


def test_hostile_packets_are_refused_or_read(caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(4)
    read = refused = 0
    for _ in range(20000):
        data = packet(rng)
        try:
            decode(data)
            read += 1
        except RefusedError:
            refused += 1
    assert read > 1000
    assert refused > 1000
    assert not caplog.records


PART = st.text("abc", max_size=8)
PATTERN_PIECE = st.one_of(
    st.sampled_from("abc"),
    st.just("?"),
    st.just("*"),
    st.sets(st.sampled_from("abc"), min_size=1).map(lambda s: f"[{''.join(sorted(s))}]"),
    st.sampled_from(["[a-b]", "[!a]", "[!a-b]", "[b-]", "[c-a]"]),
    st.lists(st.text("abc", max_size=2), min_size=1, max_size=3).map(lambda w: "{" + ",".join(w) + "}"),
)


def as_regex(pieces: list[str]) -> str:
    """The same as a Python regular expression."""
    out = []
    for piece in pieces:
        if piece in ("?", "*"):
            out.append("." if piece == "?" else ".*")
        elif piece == "[c-a]":
            out.append("[a-c]")
        elif piece.startswith("["):
            out.append(piece.replace("!", "^"))
        elif piece.startswith("{"):
            out.append("(?:" + piece[1:-1].replace(",", "|") + ")")
        else:
            out.append(piece)
    return "".join(out)


@given(st.lists(PATTERN_PIECE, max_size=6), PART)
def test_patterns_mean_what_the_standard_says(pieces: list[str], text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        expected = re.fullmatch(as_regex(pieces), text) is not None
    assert PartPattern("".join(pieces)).matches(text) is expected


def test_a_pattern_never_crosses_a_slash() -> None:
    assert matches("/track/*/mix", "/track/1/mix")
    assert not matches("/track/*", "/track/1/mix")
    assert not matches("/*", "/track/1")
    assert not matches("/track/[!x]*", "/track/1/mix")
    assert matches("/{track,engine}/?", "/track/1")
    for text in ("//mix", "/track//", "track", "/"):
        with pytest.raises(RefusedError, match="no empty part"):
            matches(text, "/track/1")


@pytest.mark.parametrize("pattern", ["[", "[]", "[!]", "{a", "a}", "a]", "{a*}", "{a,{b}}"])
def test_a_malformed_pattern(pattern: str) -> None:
    with pytest.raises(RefusedError, match="pattern") as refused:
        PartPattern(pattern)
    assert refused.value.code == 400


def test_matching_takes_time_in_proportion() -> None:
    """Counted in steps of the automaton's loop, not in seconds: backtracking would need 2^30 of them here."""

    class Counting(str):
        steps = 0

        def __iter__(self):  # type: ignore[no-untyped-def]
            for char in str.__iter__(self):
                Counting.steps += 1
                yield char

    for length in (100, 200):
        Counting.steps = 0
        pattern = PartPattern("*a" * 60 + "b")
        assert not pattern.matches(Counting("a" * length))
        assert Counting.steps == length
        assert len(pattern._edges) <= 122


@given(st.lists(st.text(max_size=6), max_size=6))
def test_slots_become_parts_of_an_address(names: list[str]) -> None:
    parts = address_parts([*names, "mix", "violin", "violin"])
    assert len(set(parts)) == len(parts)
    assert not RESERVED.intersection(parts)
    for part in parts:
        assert re.fullmatch(r"[!-~]+", part)
        assert not set(part) & set("#*,/?[]{} ")
    assert parts[-2:] == ["violin", "violin-2"] or "violin" in names


@given(st.lists(st.text(st.characters(), min_size=1, max_size=6), max_size=6, unique=True))
def test_an_ids_part_of_an_address_is_its_own_whatever_stands_beside_it(ids: list[str]) -> None:
    parts = [id_part(slot_id) for slot_id in ids]
    assert len(set(parts)) == len(ids)
    for slot_id, part in zip(ids, parts, strict=True):
        assert re.fullmatch(r"[!-~]+", part)
        assert not set(part) & set("#*,/?[]{} ")
        assert re.sub(r"(?:=..)+", _decoded, part) == slot_id


def _decoded(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("=", "")).decode("utf-8", "surrogatepass")
