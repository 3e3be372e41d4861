# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording's metadata survives `apply`, at the right positions, or is reported as lost."""

import json
import struct
import subprocess
from pathlib import Path

import mutagen
import pytest
from files.carried import ACID, BEXT, CUE, HOUR, apply_to, chunks_of, comments_of, made_take
from files.containers import FRAMES, caf, caf_chunk, rifx, w64, w64_chunk
from files.sounds import RATE, chunk, encoded, fmt, pcm16, put, read, voice, wave
from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, CHAP, ID3, TIT2, TXXX

from ddsp_fx.files.carry import rescale
from ddsp_fx.files.carry.chunks import add_chunks


def test_every_chunk_of_a_wav_survives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = made_take(tmp_path), tmp_path / "out.wav"
    apply_to(source, out)
    before, after = chunks_of(source), chunks_of(out)
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
    source, out = made_take(tmp_path), tmp_path / "out.wav"
    apply_to(source, out, "--sample-rate", "44100")
    chunks = dict(chunks_of(out))
    labels = next(content for name, content in chunks_of(out) if name == b"LIST" and content[:4] == b"adtl")
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


@pytest.mark.parametrize("kind", [".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize("to", [".flac", ".ogg"])
def test_tags_become_comments(kind: str, to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"out{to}"
    apply_to(_tagged(tmp_path / f"in{kind}"), out, "--sample-rate", "44100")
    tags = comments_of(out)
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
        apply_to(_tagged(tmp_path / f"in{kind}"), out)
        tags = mutagen.File(out).tags
        assert tags["TIT2"].text == ["Song"], to
        assert tags["TXXX:mine"].text == ["own"], to
        assert (kind == ".ogg") != bool(tags.getall("APIC")), to
        assert not tags.getall("TXXX:replaygain_track_gain")
        assert bool(tags.getall("CHAP")) == (kind == ".mp3")
        assert read(out)[0].shape == voice().shape
    chunks = dict(chunks_of(tmp_path / "out.wav"))
    assert b"INAM\5\0\0\0Song\0" in chunks[b"LIST"]
    if kind != ".mp3":
        assert struct.unpack_from("<Q", chunks[b"bext"], 338)[0] == HOUR * RATE


@pytest.mark.parametrize("to", [".flac", ".ogg", ".mp3", ".aiff"])
def test_a_wav_s_own_things_elsewhere(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"out{to}"
    apply_to(made_take(tmp_path), out, "--json")
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
    apply_to(source, tmp_path / "kept.wav", "--channels", "keep")
    assert {b"chna", b"axml"} <= dict(chunks_of(tmp_path / "kept.wav")).keys()
    apply_to(source, tmp_path / "folded.wav")
    assert not {b"chna", b"axml"} & dict(chunks_of(tmp_path / "folded.wav")).keys()
    assert "not kept in folded.wav: chna, axml" in capsys.readouterr().err


def test_a_wave64_s_time_goes_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    markers = w64_chunk(bytes.fromhex("5662f7ab2d39d21186c700c04f8edb8a"), bytes(16))
    source = put(tmp_path / "in.w64", w64(FRAMES, w64_chunk(b"bext", BEXT) + markers))
    apply_to(source, tmp_path / "out.wav", "--sample-rate", "44100")
    assert struct.unpack_from("<Q", dict(chunks_of(tmp_path / "out.wav"))[b"bext"], 338)[0] == HOUR * 44100
    apply_to(source, tmp_path / "out.flac")
    assert comments_of(tmp_path / "out.flac")["time_reference"] == [str(HOUR * RATE)]
    assert capsys.readouterr().err.count("not kept in out.wav: markers\n") == 1


def test_a_caf_s_texts_go_along_and_its_markers_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info = caf_chunk(b"info", struct.pack(">I", 2) + b"title\0Song\0tempo\x00120\0")
    source = put(tmp_path / "in.caf", caf(FRAMES, info + caf_chunk(b"mark", bytes(36))))
    apply_to(source, tmp_path / "out.flac")
    tags = comments_of(tmp_path / "out.flac")
    assert (tags["title"], tags["bpm"]) == (["Song"], ["120"])
    assert "not kept in out.flac: markers\n" in capsys.readouterr().err


def test_what_a_big_endian_wav_carries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    title = b"INFOINAM" + struct.pack(">I", 5) + b"Song\0\0"
    after = b"LIST" + struct.pack(">I", len(title)) + title + b"cue " + struct.pack(">I", 4) + bytes(4)
    apply_to(put(tmp_path / "in.wav", rifx(FRAMES, after)), tmp_path / "out.wav")
    assert mutagen.File(tmp_path / "out.wav").tags["TIT2"].text == ["Song"]
    assert "not kept in out.wav: cue points\n" in capsys.readouterr().err


@pytest.mark.parametrize("name", [b"LIST", b"id3 ", b"cue "])
def test_a_chunk_that_was_cut_is_named(name: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = name + struct.pack("<I", 40_000) + b"INFOpicture" * 1000
    apply_to(put(tmp_path / "in.wav", wave(fmt(), chunk(b"data", pcm16(voice())), cut)), tmp_path / "out.wav")
    assert "(cut short)\n" in capsys.readouterr().err


def test_a_chunk_that_claims_too_much_is_no_tag(tmp_path: Path) -> None:
    source = put(tmp_path / "in.wav", wave(fmt(), chunk(b"data", pcm16(voice())), chunk(b"id3 ", b"ID3", 0x7FFFFFFF)))
    apply_to(source, tmp_path / "out.wav")
    assert read(tmp_path / "out.wav")[0].shape == voice().shape


@pytest.mark.parametrize("tags", [b"ID3\4\0\0\0\0\0\x20" + b"TIT2\xff\xff\xff\xff" * 4, b"\0" * 40])
def test_broken_tags_break_nothing(tags: bytes, tmp_path: Path) -> None:
    data = [chunk(b"data", pcm16(voice())), chunk(b"id3 ", tags), chunk(b"bext", tags), chunk(b"LIST", b"INFO" + tags)]
    apply_to(put(tmp_path / "in.wav", wave(fmt(), *data)), tmp_path / "out.flac")
    assert read(tmp_path / "out.flac")[0].shape == voice().shape


def test_ffprobe_reads_what_was_written(tmp_path: Path) -> None:
    """Another program, if installed, reads the same."""
    import shutil

    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    apply_to(made_take(tmp_path), tmp_path / "out.wav")
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags:format=duration", "-of", "json"]
    seen = json.loads(subprocess.run([*command, str(tmp_path / "out.wav")], capture_output=True, check=True).stdout)
    assert seen["format"]["tags"]["time_reference"] == str(HOUR * RATE)
    assert seen["format"]["tags"]["title"] == "Title"
    assert float(seen["format"]["duration"]) == pytest.approx(1.0)
