# SPDX-License-Identifier: GPL-3.0-or-later
"""Cue points, markers and loops go from WAV to AIFF and back, at their places."""

import struct
from pathlib import Path

from files.carried import apply_to, chunks_of, made_take
from files.sounds import chunk, encoded, put, voice
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.files.carry import markers


def test_markers_of_an_aiff(tmp_path: Path) -> None:
    mark = struct.pack(">HHI", 1, 1, 12000) + b"\x05verse"
    body = encoded(voice(), "aiff")[12:] + b"MARK" + struct.pack(">I", len(mark)) + mark + b"\0" * (len(mark) % 2)
    source = put(tmp_path / "in.aiff", b"FORM" + struct.pack(">I", 4 + len(body)) + b"AIFF" + body)
    apply_to(source, tmp_path / "same.aiff")
    apply_to(source, tmp_path / "twice.aiff", "--sample-rate", "44100")
    assert dict(chunks_of(tmp_path / "same.aiff", ">"))[b"MARK"] == mark
    assert struct.unpack_from(">I", dict(chunks_of(tmp_path / "twice.aiff", ">"))[b"MARK"], 4)[0] == 24000


def test_cue_points_and_loops_go_to_aiff_and_back(tmp_path: Path) -> None:
    apply_to(made_take(tmp_path), tmp_path / "there.aiff", "--sample-rate", "44100")
    chunks = dict(chunks_of(tmp_path / "there.aiff", ">"))
    assert struct.unpack_from(">HHIB5s", chunks[b"MARK"]) == (3, 1, 24000, 5, b"verse")
    mode, start, end = struct.unpack_from(">HHH", chunks[b"INST"], 8)
    places = dict(struct.unpack_from(">HI", chunks[b"MARK"], at) for at in (2, 14, 22))
    assert (mode, places[start], places[end]) == (1, 2000, 40002)
    apply_to(tmp_path / "there.aiff", tmp_path / "back.wav", "--sample-rate", "22050")
    back = dict(chunks_of(tmp_path / "back.wav", "<"))
    assert struct.unpack_from("<I", back[b"cue "], 24)[0] == 12000
    assert b"verse\0" in back[b"LIST"]
    assert struct.unpack_from("<2I", back[b"smpl"], 44) == (1000, 20000)
    assert struct.unpack_from("<I", back[b"smpl"], 8)[0] == 45351


places = st.lists(st.tuples(st.integers(0, 1 << 31), st.text("abcXYZ äöü", max_size=40)), max_size=20)
loops = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 1 << 20), st.booleans()), max_size=2)


@given(places, loops)
def test_marks_come_back_as_they_were(named: list[tuple[int, str]], looped: list[tuple[int, int, bool]]) -> None:
    marks = markers.Marks(named, [(start, start + length, alt) for start, length, alt in looped])
    cue = [struct.pack("<II4sIII", n, at, b"data", 0, 0, at) for n, (at, _) in enumerate(named, 1)]
    labels = b"".join(
        chunk(b"labl", struct.pack("<I", n) + name.encode() + b"\0") for n, (_, name) in enumerate(named, 1)
    )
    smpl = struct.pack("<9I", 0, 0, 1, 60, 0, 0, 0, len(looped), 0)
    smpl += b"".join(struct.pack("<6I", 0, int(alt), a, b - 1, 0, 0) for a, b, alt in marks.loops)
    wav = [(b"cue ", struct.pack("<I", len(cue)) + b"".join(cue), False), (b"LIST", b"adtl" + labels, False)]
    there = markers.to_aiff([*wav, (b"smpl", smpl, False)], 1.0)
    back = markers.to_wav([(*made, False) for made in there.chunks], 1.0, 48000.0)
    again = markers.to_aiff([(*made, False) for made in back.chunks], 1.0)
    assert there.lost == []
    assert again.chunks == there.chunks


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_marks_that_make_no_sense_harm_nothing(cue: bytes, labels: bytes, smpl: bytes) -> None:
    chunks = [(b"cue ", cue, False), (b"LIST", b"adtl" + labels, False), (b"smpl", smpl, False)]
    markers.to_aiff(chunks, 1.0)
    markers.to_wav([(b"MARK", cue, False), (b"INST", smpl, False)], 0.5, 48000.0)


def test_a_mark_at_the_last_place_there_is_stays_there_at_a_higher_rate() -> None:
    mark = struct.pack(">H", 2) + struct.pack(">HIB", 1, 7, 0) + b"\0" + struct.pack(">HIB", 2, 0xFFFFFFFF, 0) + b"\0"
    inst = bytes([60, 0, 0, 127, 1, 127, 0, 0]) + struct.pack(">6H", 1, 1, 2, 0, 0, 0)
    made = dict(markers.to_wav([(b"MARK", mark, False), (b"INST", inst, False)], 6.0, 48000.0).chunks)
    assert struct.unpack_from("<I", made[b"cue "], 4 + 24 + 20) == (0xFFFFFFFF,)
    assert struct.unpack_from("<II", made[b"smpl"], 36 + 8) == (42, 0xFFFFFFFE)
