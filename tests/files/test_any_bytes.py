# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes give a typed error or sound, with memory in proportion to the file."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from files.containers import ALL, FRAMES
from files.sounds import FORMATS, encoded, fmt, put, read, voice
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.cli import main
from ddsp_fx.errors import AudioError
from ddsp_fx.files.containers.wave64 import RIFF

WHOLE = {kind: encoded(voice(0.3), kind) for kind in FORMATS} | {kind: make(FRAMES) for kind, make in ALL.items()}


MAGICS = [
    b"",
    b"RIFF....WAVE",
    b"FORM....AIFF",
    b"fLaC",
    b"OggS",
    b"caff\0\1\0\0",
    b".snd",
    b"RIFX....WAVE",
    RIFF + bytes(24),
    b"ID3\4\0\0",
    b"\xff\xfb\x90\x64",
]


def _try(path: Path) -> None:
    for salvage in (False, True):
        try:
            audio, _ = read(path, salvage=salvage)
        except AudioError:
            continue
        assert audio.dtype == np.float32
        assert audio.shape[1] <= 64 * path.stat().st_size


@pytest.mark.parametrize("kind", sorted(WHOLE))
@given(places=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_in_a_header(
    kind: str, places: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(WHOLE[kind])
    for place, value in places:
        data[place] = value
    _try(put(tmp_path_factory.getbasetemp() / f"mutated.{kind}", bytes(data)))


@pytest.mark.parametrize("magic", MAGICS)
@given(tail=st.binary(max_size=300))
def test_any_bytes_after_a_magic(magic: bytes, tail: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    _try(put(tmp_path_factory.getbasetemp() / "any.wav", magic + tail))


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\0\0\0\0WAVE" + fmt() + b"abcd\0\0\0\0" * 200_000,
        b"FORM\0\0\0\0AIFF" + b"abcd\0\0\0\0" * 200_000,
        b"ID3\4\0\0\0\0\0\0" * 200_000,
        (b"OggS\0\2" + bytes(20) + b"\0") * 60_000,
    ],
    ids=["chunks", "forms", "tags", "pages"],
)
def test_a_file_of_nothing_but_structure_fills_no_memory(data: bytes, tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", data)
    tracemalloc.start()
    with pytest.raises(AudioError):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20
    assert main(["apply", str(path), str(tmp_path / "o.wav"), "Gain:gain_db=0"]) == 2
