# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/link/vectors, on which both sides of the link must agree. Run: python tests/link/make_vectors.py"""

from collections.abc import Iterable
from pathlib import Path

from ddsp_fx.effects.parameters import Parameter
from ddsp_fx_bridge.link.messages import encode
from ddsp_fx_bridge.link.segment import EVENTS_OFFSET, Header

VECTORS = Path(__file__).parent / "vectors"
MESSAGES = (
    ("hello", "1", "ddsp-fx plugin"),
    ("bye",),
    ("ping", "", ""),
    ("error", "board", "no effect is called 'äß€𝄞'"),
    ("load", "violin | violin-room"),
    ("board", "", "mix", "0.5"),
    ("state", '{"a": "tab\there",\n "b": "back\\slash"}\r\n'),
    ("ping", "\\", "\\\\", "\\t", "\\n\n", "\t\t"),
    ("",),
    ("", "", ""),
    ("values", "0", "0.10000000000000001", "63", "1"),
)
SHAPES = ((1, 1024, 64), (2, 1024, 64), (2, 131072, 4096), (1, 2048, 128), (2, 1 << 20, 1 << 16), (2, 262144, 1024))
PARAMETERS = (
    Parameter("Mix", 0, 1, 1),
    Parameter("Gain", -60, 24, 0, "dB", "dB"),
    Parameter("Pitch shift", -24, 24, 0, "semitones"),
    Parameter("Cutoff", 20, 20000, 1000, "Hz", "log"),
    Parameter("Voices", 1, 8, 2, "", "steps"),
    Parameter("Room", default="hall", scale="choices", choices=("hall", "plate", "a small room")),
    Parameter("Bypass", default=False, scale="toggle"),
)
POSITIONS = (0.0, 0.1, 0.25, 1 / 3, 0.49, 0.5, 0.51, 0.75, 0.9999, 1.0)


def messages() -> Iterable[tuple[str, ...]]:
    """Fields and line, both as hex."""
    for fields in MESSAGES:
        yield ",".join(field.encode().hex() for field in fields), encode(fields).hex()


def segments() -> Iterable[tuple[str, ...]]:
    """channels, ring_frames, event_slots -> size, input, output, events."""
    for wanted in SHAPES:
        channels, frames, slots = wanted
        header = Header(channels, frames, 48000.0, 0, slots)
        numbers = (*wanted, header.size, header.input_offset, header.output_offset, EVENTS_OFFSET)
        yield tuple(str(number) for number in numbers)


def parameters() -> Iterable[tuple[str, ...]]:
    """scale, minimum, maximum, unit, choices, normalised, plain, text."""
    for p in PARAMETERS:
        for position in POSITIONS:
            value = p.from_normalised(position)
            low, high, at, plain = (f"{n:.17g}" for n in (p.minimum, p.maximum, position, p.number(value)))
            yield p.scale, low, high, p.unit, "|".join(p.choices), at, plain, p.text(value)


TABLES = {"messages.tsv": messages, "segment.tsv": segments, "parameters.tsv": parameters}


def text(name: str) -> str:
    """The file's expected contents."""
    return "".join("\t".join(row) + "\n" for row in TABLES[name]())


if __name__ == "__main__":
    VECTORS.mkdir(exist_ok=True)
    for name in TABLES:
        (VECTORS / name).write_text(text(name), encoding="utf-8")
