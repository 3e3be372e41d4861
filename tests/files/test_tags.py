# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of many kinds are kept or reported, and broken ones cost nothing else."""

import io
from pathlib import Path

import mutagen
import pytest
from files.carried import apply_to, comments_of
from files.sounds import chunk, encoded, fmt, pcm16, put, read, voice, wave
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, COMM, ID3, POPM, PRIV, RVA2, TIT2, TXXX

from ddsp_fx.files.carry.chunks import add_chunks


def test_ape_tags_of_an_mp3(tmp_path: Path) -> None:
    source = put(tmp_path / "in.mp3", encoded(voice(), "mp3"))
    tags = APEv2()
    tags["Title"], tags["Year"], tags["MP3GAIN_MINMAX"] = "Song", "1999", "1,2"
    tags.save(source)
    apply_to(source, tmp_path / "out.flac")
    assert comments_of(tmp_path / "out.flac")["date"] == ["1999"]
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
    apply_to(_with_id3(tmp_path / name), out)
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
    apply_to(source, tmp_path / "out.flac")
    assert comments_of(tmp_path / "out.flac")["title"] == ["Song"]
    assert "not kept in out.flac: a picture that cannot be read" in capsys.readouterr().err


def test_a_picture_too_large_for_flac_takes_no_tag_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "in.mp3", encoded(voice(), "mp3"))
    tags = ID3()
    tags.add(TIT2(3, "Song"))
    tags.add(APIC(3, "image/png", 3, "cover", bytes(17 << 20)))
    tags.save(source)
    apply_to(source, tmp_path / "out.flac")
    assert comments_of(tmp_path / "out.flac")["title"] == ["Song"]
    assert "not kept in out.flac: a picture (17 MiB)" in capsys.readouterr().err
