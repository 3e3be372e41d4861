# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording's metadata survives `apply`, at the right positions, or is reported as lost."""

import io
import json
import struct
import subprocess
from pathlib import Path

import mutagen
import pytest
from files.containers import FRAMES, caf, caf_chunk, rifx, w64, w64_chunk
from files.sounds import RATE, chunk, encoded, fmt, pcm16, put, read, voice, wave
from hypothesis import given
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, CHAP, COMM, ID3, POPM, PRIV, RVA2, TIT2, TXXX

from ddsp_fx.cli import main
from ddsp_fx.files.carry import markers, rescale
from ddsp_fx.files.carry.chunks import add_chunks

HOUR = 3600
BEXT = (
    b"scene 4".ljust(256, b"\0")
    + b"recorder".ljust(32, b"\0")
    + bytes(32)
    + b"2026-11-2510:00:00"
    + struct.pack("<Q", HOUR * RATE)
    + struct.pack("<H", 2)
    + bytes(64)
    + struct.pack("<5h", -2300, 700, -100, -1800, -2000)
    + bytes(180)
    + b"A=PCM,F=22050\r\n"
)
IXML = b"<BWFXML><SCENE>4</SCENE><SPEED><TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>0</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>"
IXML += b"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>79380000</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO></SPEED></BWFXML>"
CUE = struct.pack("<I", 1) + struct.pack("<II4sIII", 1, 12000, b"data", 0, 0, 12000)
SMPL = struct.pack("<9I", 0, 0, 45351, 60, 0, 0, 0, 1, 0) + struct.pack("<6I", 0, 0, 1000, 20000, 0, 0)
ACID = struct.pack("<IHHfIHHf", 0, 60, 0, 0, 4, 4, 4, 120.0)
INFO = b"INFO" + chunk(b"INAM", b"Title\0") + chunk(b"IART", "Jürgen\0".encode())
ADTL = (
    b"adtl" + chunk(b"labl", b"\1\0\0\0verse\0") + chunk(b"ltxt", struct.pack("<II4s4H", 1, 500, b"rgn ", 0, 0, 0, 0))
)


def _take(folder: Path) -> Path:
    behind = [
        chunk(b"cue ", CUE),
        chunk(b"smpl", SMPL),
        chunk(b"acid", ACID),
        chunk(b"LIST", INFO),
        chunk(b"LIST", ADTL),
    ]
    own = chunk(b"xyz ", b"whatever a program keeps here")
    data = chunk(b"data", pcm16(voice()))
    return put(folder / "in.wav", wave(chunk(b"bext", BEXT), fmt(), chunk(b"iXML", IXML), data, *behind, own))


def _chunks(path: Path, order: str = "<") -> list[tuple[bytes, bytes]]:
    data, position, found = path.read_bytes(), 12, []
    assert struct.unpack(f"{order}I", data[4:8])[0] + 8 == len(data)
    while position < len(data):
        name, length = struct.unpack(f"{order}4sI", data[position : position + 8])
        found.append((name, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return found


def _apply(source: Path, out: Path, *options: str) -> None:
    assert main(["apply", str(source), str(out), "Gain:gain_db=-6", "--no-tail", "--quiet", *options]) == 0


def test_every_chunk_of_a_wav_survives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = _take(tmp_path), tmp_path / "out.wav"
    _apply(source, out)
    before, after = _chunks(source), _chunks(out)
    for name, content in before:
        if name not in (b"fmt ", b"data"):
            kept = content[:412] + struct.pack("<5h", *[0x7FFF] * 5) + content[422:] if name == b"bext" else content
            assert (name, kept) in after
    names = [name for name, _ in after]
    assert names.index(b"bext") < names.index(b"data") < names.index(b"cue ")
    assert read(out)[0].shape == voice().shape
    assert capsys.readouterr().err == ""


def test_positions_move_with_the_rate(tmp_path: Path) -> None:
    """From 22.05 to 44.1 kHz, every position doubles; a file that is placed by its time keeps its place."""
    source, out = _take(tmp_path), tmp_path / "out.wav"
    _apply(source, out, "--sample-rate", "44100")
    chunks = dict(_chunks(out))
    labels = next(content for name, content in _chunks(out) if name == b"LIST" and content[:4] == b"adtl")
    assert struct.unpack_from("<Q", chunks[b"bext"], 338)[0] == HOUR * 44100
    assert struct.unpack_from("<I", chunks[b"cue "], 8)[0] == 24000
    assert struct.unpack_from("<I", chunks[b"cue "], 24)[0] == 24000
    assert struct.unpack_from("<2I", chunks[b"smpl"], 44) == (2000, 40000)
    assert struct.unpack_from("<I", chunks[b"smpl"], 8)[0] == round(45351 / 2)
    assert b"MIDNIGHT_LO>158760000<" in chunks[b"iXML"]
    assert struct.unpack_from("<I", labels, labels.index(b"ltxt") + 12)[0] == 1000
    assert chunks[b"acid"] == ACID


@given(st.binary(max_size=300), st.floats(0.1, 10.0))
def test_any_bytes_can_be_rescaled(content: bytes, ratio: float) -> None:
    for name in (b"bext", b"cue ", b"smpl", b"plst", b"LIST", b"MARK", b"zzzz"):
        assert len(rescale.rescaled(name, b"adtl" * (name == b"LIST") + content, ratio)) >= len(content)
    assert rescale.rescaled(b"iXML", content, 1.0) == content


@given(high=st.integers(0, 3), low=st.integers(0, 2**32 - 1), ratio=st.sampled_from([0.5, 2.0, 44100 / 48000]))
def test_a_split_time_is_one_number(high: int, low: int, ratio: float) -> None:
    text = b"<BWF_TIME_REFERENCE_LOW>%d</BWF_TIME_REFERENCE_LOW><BWF_TIME_REFERENCE_HIGH>%d</BWF_TIME_REFERENCE_HIGH>"
    new = rescale.rescaled(b"iXML", text % (low, high), ratio)
    samples = round(((high << 32) + low) * ratio)
    assert new == text % (samples & 0xFFFFFFFF, samples >> 32)


def _picture() -> Picture:
    picture = Picture()
    picture.data, picture.mime, picture.type, picture.desc = b"\x89PNG pixels", "image/png", 3, "cover"
    return picture


def _tagged(path: Path) -> Path:
    """A title, two artists, a custom tag, a picture, and a loudness that will be wrong."""
    put(path, encoded(voice(), path.suffix[1:]))
    if path.suffix == ".mp3":
        tags = ID3()
        for frame in (TIT2(3, "Song"), TXXX(3, "mine", "own"), TXXX(3, "replaygain_track_gain", "-3 dB")):
            tags.add(frame)
        tags.add(APIC(3, "image/png", 3, "cover", b"\x89PNG pixels"))
        tags.add(CHAP("c1", 0, 500, sub_frames=[TIT2(3, "verse")]))
        tags.save(path)
        return path
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file["title"], file["artist"], file["mine"], file["REPLAYGAIN_TRACK_GAIN"] = "Song", ["A", "B"], "own", "-3 dB"
    file["time_reference"] = str(HOUR * RATE)
    if isinstance(file, FLAC):
        file.add_picture(_picture())
    file.save()
    return path


def _comments(path: Path) -> dict[str, list[str]]:
    return {key.lower(): list(values) for key, values in dict(mutagen.File(path).tags).items()}


@pytest.mark.parametrize("kind", [".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize("to", [".flac", ".ogg"])
def test_tags_become_comments(kind: str, to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"out{to}"
    _apply(_tagged(tmp_path / f"in{kind}"), out, "--sample-rate", "44100")
    tags = _comments(out)
    assert tags["title"] == ["Song"]
    assert tags["mine"] == ["own"]
    assert "replaygain_track_gain" not in tags
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "not kept in out" in said
    assert "REPLAYGAIN_TRACK_GAIN" in said
    if kind != ".mp3":
        assert tags["artist"] == ["A", "B"]
        assert tags["time_reference"] == [str(HOUR * 44100)]
    if kind != ".ogg":
        pictures = FLAC(out).pictures if to == ".flac" else tags["metadata_block_picture"]
        assert len(pictures) == 1


@pytest.mark.parametrize("kind", [".flac", ".ogg", ".mp3"])
def test_tags_become_id3(kind: str, tmp_path: Path) -> None:
    for to in (".mp3", ".aiff", ".wav"):
        out = tmp_path / f"out{to}"
        _apply(_tagged(tmp_path / f"in{kind}"), out)
        tags = mutagen.File(out).tags
        assert tags["TIT2"].text == ["Song"], to
        assert tags["TXXX:mine"].text == ["own"], to
        assert (kind == ".ogg") != bool(tags.getall("APIC")), to
        assert not tags.getall("TXXX:replaygain_track_gain")
        assert bool(tags.getall("CHAP")) == (kind == ".mp3")
        assert read(out)[0].shape == voice().shape
    chunks = dict(_chunks(tmp_path / "out.wav"))
    assert b"INAM\5\0\0\0Song\0" in chunks[b"LIST"]
    if kind != ".mp3":
        assert struct.unpack_from("<Q", chunks[b"bext"], 338)[0] == HOUR * RATE


@pytest.mark.parametrize("to", [".flac", ".ogg", ".mp3", ".aiff"])
def test_a_wav_s_own_things_elsewhere(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"out{to}"
    _apply(_take(tmp_path), out, "--json")
    lost = json.loads(capsys.readouterr().out)["remarks"]
    markers_too = "cue points, loops (smpl), labels (LIST), xyz"
    told = "xyz, lengths of labels (ltxt)" if to == ".aiff" else markers_too
    assert lost == [f"{tmp_path / 'in.wav'}: not kept in out{to}: iXML, {told}"]
    tags = mutagen.File(out).tags
    expected = {"title": "Title", "artist": "Jürgen", "bpm": "120", "time_reference": str(HOUR * RATE)}
    ids = {"title": "TIT2", "artist": "TPE1", "bpm": "TBPM", "time_reference": "TXXX:time_reference"}
    for key, value in expected.items():
        got = tags[ids[key]].text if to in (".mp3", ".aiff") else tags[key]
        assert [str(text) for text in got] == [value]


def test_markers_of_an_aiff(tmp_path: Path) -> None:
    mark = struct.pack(">HHI", 1, 1, 12000) + b"\x05verse"
    body = encoded(voice(), "aiff")[12:] + b"MARK" + struct.pack(">I", len(mark)) + mark + b"\0" * (len(mark) % 2)
    source = put(tmp_path / "in.aiff", b"FORM" + struct.pack(">I", 4 + len(body)) + b"AIFF" + body)
    _apply(source, tmp_path / "same.aiff")
    _apply(source, tmp_path / "twice.aiff", "--sample-rate", "44100")
    assert dict(_chunks(tmp_path / "same.aiff", ">"))[b"MARK"] == mark
    assert struct.unpack_from(">I", dict(_chunks(tmp_path / "twice.aiff", ">"))[b"MARK"], 4)[0] == 24000


def test_cue_points_and_loops_go_to_aiff_and_back(tmp_path: Path) -> None:
    _apply(_take(tmp_path), tmp_path / "there.aiff", "--sample-rate", "44100")
    chunks = dict(_chunks(tmp_path / "there.aiff", ">"))
    assert struct.unpack_from(">HHIB5s", chunks[b"MARK"]) == (3, 1, 24000, 5, b"verse")
    mode, start, end = struct.unpack_from(">HHH", chunks[b"INST"], 8)
    places = dict(struct.unpack_from(">HI", chunks[b"MARK"], at) for at in (2, 14, 22))
    assert (mode, places[start], places[end]) == (1, 2000, 40002)
    _apply(tmp_path / "there.aiff", tmp_path / "back.wav", "--sample-rate", "22050")
    back = dict(_chunks(tmp_path / "back.wav", "<"))
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


def test_a_64_bit_file_has_its_size_in_another_place(tmp_path: Path) -> None:
    data = pcm16(voice())
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(data), len(data) // 2, 0))
    path = put(tmp_path / "x.wav", b"RF64\xff\xff\xff\xffWAVE" + ds64 + fmt() + chunk(b"data", data, 0xFFFFFFFF))
    add_chunks(path, [(b"bext", BEXT)], [(b"cue ", CUE)])
    written = path.read_bytes()
    assert struct.unpack("<Q", written[20:28])[0] == len(written) - 8
    assert written.index(b"bext") < written.index(b"data" + b"\xff" * 4) < written.index(b"cue ")
    assert read(path)[0].shape == voice().shape


def test_what_describes_channels_goes_with_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = chunk(b"data", pcm16(voice(channels=6)))
    source = put(tmp_path / "in.wav", wave(fmt(6), chunk(b"chna", bytes(44)), data, chunk(b"axml", b"<adm/>")))
    _apply(source, tmp_path / "kept.wav", "--channels", "keep")
    assert {b"chna", b"axml"} <= dict(_chunks(tmp_path / "kept.wav")).keys()
    _apply(source, tmp_path / "folded.wav")
    assert not {b"chna", b"axml"} & dict(_chunks(tmp_path / "folded.wav")).keys()
    assert "not kept in folded.wav: chna, axml" in capsys.readouterr().err


def test_ape_tags_of_an_mp3(tmp_path: Path) -> None:
    source = put(tmp_path / "in.mp3", encoded(voice(), "mp3"))
    tags = APEv2()
    tags["Title"], tags["Year"], tags["MP3GAIN_MINMAX"] = "Song", "1999", "1,2"
    tags.save(source)
    _apply(source, tmp_path / "out.flac")
    assert _comments(tmp_path / "out.flac")["date"] == ["1999"]
    assert read(tmp_path / "out.flac")[0].shape == voice().shape


def _rich_id3() -> ID3:
    """Frames of many kinds, some of which are wrong for any other sound or encoding."""
    tags = ID3()
    for frame in (TIT2(3, "Song"), POPM("a@b", 200, 3), PRIV("own", b"abc"), RVA2("track", 1, -3.0, 0.5)):
        tags.add(frame)
    tags.add(COMM(3, "eng", "iTunSMPB", " 00000000 00000210 00000A2C 000000000000ABCD 00000000"))
    tags.add(COMM(3, "eng", "iTunNORM", " 0000 0000"))
    tags.add(TXXX(3, "replaygain_track_gain", "-3 dB"))
    return tags


def _bytes_of(tags: ID3) -> bytes:
    packed = io.BytesIO()
    tags.save(packed)
    return packed.getvalue()


def _with_id3(path: Path) -> Path:
    """Add the tags where each format keeps them; in FLAC and one WAV, before the file, as some taggers do."""
    tags, body = _rich_id3(), encoded(voice(), path.suffix[1:])
    if path.name == "chunk.wav":
        return put(path, wave(fmt(), chunk(b"data", pcm16(voice())), chunk(b"id3 ", _bytes_of(tags))))
    if path.suffix == ".aiff":
        packed = _bytes_of(tags)
        packed += b"\0" * (len(packed) % 2)
        put(path, body)
        add_chunks(path, [], [(b"ID3 ", packed)])
        return path
    return put(path, _bytes_of(tags) + body)


@pytest.mark.parametrize("to", [".wav", ".aiff", ".mp3", ".flac", ".ogg"])
@pytest.mark.parametrize("name", ["x.mp3", "front.wav", "chunk.wav", "x.aiff", "front.flac"])
def test_a_tag_is_kept_or_named(name: str, to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every frame of the source is in the output, or is named in the one line about losses."""
    out = tmp_path / f"out{to}"
    _apply(_with_id3(tmp_path / name), out)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    tags = mutagen.File(out).tags
    kept = {key.partition(":")[0].upper() for key in tags.keys()}  # noqa: SIM118 - not a dict
    for untrue in ("RVA2", "ITUNSMPB", "ITUNNORM", "REPLAYGAIN_TRACK_GAIN"):
        assert untrue in said
        assert not any(untrue in key.upper() for key in tags.keys())  # noqa: SIM118
    for frame in ("POPM", "PRIV"):
        assert (frame in kept) != (frame in said)
    assert "TIT2" in kept or tags["title"] == ["Song"]


def test_a_broken_picture_takes_no_tag_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "in.ogg", encoded(voice(), "ogg"))
    file = mutagen.File(source)
    file["title"], file["metadata_block_picture"] = "Song", "no picture"
    file.save()
    _apply(source, tmp_path / "out.flac")
    assert _comments(tmp_path / "out.flac")["title"] == ["Song"]
    assert "not kept in out.flac: a picture that cannot be read" in capsys.readouterr().err


def test_a_picture_too_large_for_flac_takes_no_tag_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "in.mp3", encoded(voice(), "mp3"))
    tags = ID3()
    tags.add(TIT2(3, "Song"))
    tags.add(APIC(3, "image/png", 3, "cover", bytes(17 << 20)))
    tags.save(source)
    _apply(source, tmp_path / "out.flac")
    assert _comments(tmp_path / "out.flac")["title"] == ["Song"]
    assert "not kept in out.flac: a picture (17 MiB)" in capsys.readouterr().err


def test_a_wave64_s_time_goes_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    markers = w64_chunk(bytes.fromhex("5662f7ab2d39d21186c700c04f8edb8a"), bytes(16))
    source = put(tmp_path / "in.w64", w64(FRAMES, w64_chunk(b"bext", BEXT) + markers))
    _apply(source, tmp_path / "out.wav", "--sample-rate", "44100")
    assert struct.unpack_from("<Q", dict(_chunks(tmp_path / "out.wav"))[b"bext"], 338)[0] == HOUR * 44100
    _apply(source, tmp_path / "out.flac")
    assert _comments(tmp_path / "out.flac")["time_reference"] == [str(HOUR * RATE)]
    assert capsys.readouterr().err.count("not kept in out.wav: markers\n") == 1


def test_a_caf_s_texts_go_along_and_its_markers_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info = caf_chunk(b"info", struct.pack(">I", 2) + b"title\0Song\0tempo\x00120\0")
    source = put(tmp_path / "in.caf", caf(FRAMES, info + caf_chunk(b"mark", bytes(36))))
    _apply(source, tmp_path / "out.flac")
    tags = _comments(tmp_path / "out.flac")
    assert (tags["title"], tags["bpm"]) == (["Song"], ["120"])
    assert "not kept in out.flac: markers\n" in capsys.readouterr().err


def test_what_a_big_endian_wav_carries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    title = b"INFOINAM" + struct.pack(">I", 5) + b"Song\0\0"
    after = b"LIST" + struct.pack(">I", len(title)) + title + b"cue " + struct.pack(">I", 4) + bytes(4)
    _apply(put(tmp_path / "in.wav", rifx(FRAMES, after)), tmp_path / "out.wav")
    assert mutagen.File(tmp_path / "out.wav").tags["TIT2"].text == ["Song"]
    assert "not kept in out.wav: cue points\n" in capsys.readouterr().err


@pytest.mark.parametrize("name", [b"LIST", b"id3 ", b"cue "])
def test_a_chunk_that_was_cut_is_named(name: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = name + struct.pack("<I", 40_000) + b"INFOpicture" * 1000
    _apply(put(tmp_path / "in.wav", wave(fmt(), chunk(b"data", pcm16(voice())), cut)), tmp_path / "out.wav")
    assert "(cut short)\n" in capsys.readouterr().err


def test_a_chunk_that_claims_too_much_is_no_tag(tmp_path: Path) -> None:
    source = put(tmp_path / "in.wav", wave(fmt(), chunk(b"data", pcm16(voice())), chunk(b"id3 ", b"ID3", 0x7FFFFFFF)))
    _apply(source, tmp_path / "out.wav")
    assert read(tmp_path / "out.wav")[0].shape == voice().shape


@pytest.mark.parametrize("tags", [b"ID3\4\0\0\0\0\0\x20" + b"TIT2\xff\xff\xff\xff" * 4, b"\0" * 40])
def test_broken_tags_break_nothing(tags: bytes, tmp_path: Path) -> None:
    data = [chunk(b"data", pcm16(voice())), chunk(b"id3 ", tags), chunk(b"bext", tags), chunk(b"LIST", b"INFO" + tags)]
    _apply(put(tmp_path / "in.wav", wave(fmt(), *data)), tmp_path / "out.flac")
    assert read(tmp_path / "out.flac")[0].shape == voice().shape


def test_ffprobe_reads_what_was_written(tmp_path: Path) -> None:
    """Another program, if installed, reads the same."""
    import shutil

    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    _apply(_take(tmp_path), tmp_path / "out.wav")
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags:format=duration", "-of", "json"]
    seen = json.loads(subprocess.run([*command, str(tmp_path / "out.wav")], capture_output=True, check=True).stdout)
    assert seen["format"]["tags"]["time_reference"] == str(HOUR * RATE)
    assert seen["format"]["tags"]["title"] == "Title"
    assert float(seen["format"]["duration"]) == pytest.approx(1.0)
