# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of fields: what is written can be read, however the bytes arrive."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.link.messages import MOST_BYTES, LineReader, decode, encode, number_text

from .make_vectors import VECTORS

FIELDS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=6)


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in Path(VECTORS / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("fields", "line"), rows("messages.tsv"))
def test_the_vectors_hold_both_ways(fields: str, line: str) -> None:
    plain = [bytes.fromhex(field).decode() for field in fields.split(",")]
    assert encode(plain).hex() == line
    assert decode(bytes.fromhex(line)[:-1]) == plain


@given(st.lists(FIELDS, max_size=5), st.data())
def test_any_split_of_the_stream_gives_the_same_messages(messages: list[list[str]], data: st.DataObject) -> None:
    stream = b"".join(encode(fields) for fields in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = LineReader()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [fields for piece in pieces for fields in reader.feed(piece)] == messages


@given(st.binary())
def test_any_bytes_decode(line: bytes) -> None:
    assert decode(line.replace(b"\n", b""))


def test_an_unknown_escape_is_its_character() -> None:
    assert decode(rb"a\bc" + b"\t" + rb"end\\"[:-1]) == ["abc", "end\\"]


def test_what_is_too_long_is_refused() -> None:
    assert len(encode(["x" * (MOST_BYTES - 1)])) == MOST_BYTES
    with pytest.raises(EngineError, match=f"carries {MOST_BYTES} at most"):
        encode(["x" * MOST_BYTES])
    reader = LineReader()
    assert list(reader.feed(b"x" * (MOST_BYTES - 1))) == []
    with pytest.raises(EngineError, match="uses another protocol"):
        list(reader.feed(b"xx"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_exactly(value: float) -> None:
    assert float(number_text(value)) == value
