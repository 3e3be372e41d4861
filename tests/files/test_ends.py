# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of the sound in every container: by the header, the file's end, or a truncated chunk, tag or stream."""

import struct
from pathlib import Path

import numpy as np
import pytest
from files.containers import ALL, FRAMES, LITTLE, RATE, SOUND, aiff, aiff_of, au, caf, caf_chunk, rifx, wav
from files.sounds import chunk, encoded, fmt, pcm16, put, read, voice, wave
from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import FLAC, Picture

from ddsp_fx.cli import main
from ddsp_fx.errors import AudioError, DamagedAudioError
from ddsp_fx.files.containers import core_audio
from ddsp_fx.files.layout import BL, BR, FC, FL, FR, LFE, SL, SR

KINDS = sorted(ALL)
# Taggers leave fewer bytes than this after the end.
TRAILER = 2048


@given(kind=st.sampled_from(KINDS), promised=st.integers(1, 3 * FRAMES))
def test_what_is_there_is_what_is_read(kind: str, promised: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file is refused unless header and length agree; with salvage, all its samples are read."""
    path = put(tmp_path_factory.mktemp("law") / f"x.{kind}", ALL[kind](promised))
    if promised <= FRAMES - TRAILER or promised > FRAMES:
        with pytest.raises(DamagedAudioError, match=r"cut short|goes on after the end"):
            read(path)
        got, file = read(path, salvage=True)
        assert file.loss is not None
        assert file.loss.promised_s == pytest.approx(promised / RATE)
    else:
        got, _ = read(path)
        assert got.shape[1] == promised
        return
    # Wave64 pads to 8 bytes, which cannot be told from samples if the size is wrong.
    assert FRAMES <= got.shape[1] < FRAMES + 4 * (kind == "w64") + 1
    assert np.abs(got[:, :FRAMES] - SOUND).max() < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_header_and_file_agree(kind: str, tmp_path: Path) -> None:
    got, file = read(put(tmp_path / f"x.{kind}", ALL[kind](FRAMES)))
    assert np.abs(got - SOUND).max() < 1e-4
    assert file.loss is None


def test_two_counts_of_an_aiff_must_agree(tmp_path: Path) -> None:
    path = put(tmp_path / "x.aiff", aiff_of(1000, 2 * FRAMES))
    with pytest.raises(DamagedAudioError, match=r"1\.000 s can be read where 0\.045 s are promised: it goes on"):
        read(path)


@pytest.mark.parametrize("data", [caf(-1), au(0)], ids=["caf", "au"])
def test_a_stream_of_unknown_length_is_whole(data: bytes, tmp_path: Path) -> None:
    got, file = read(put(tmp_path / "x", data))
    assert np.abs(got - SOUND).max() < 1e-4
    assert file.loss is None


@pytest.mark.parametrize("make", [wav, rifx, aiff])
@pytest.mark.parametrize("name", [b"id3 ", b"LIST", b"APPL"])
def test_a_tag_that_was_cut_is_no_sound(make: object, name: bytes, tmp_path: Path) -> None:
    """The sound is complete; the rest of the tag is neither sound nor a reason to refuse the file."""
    order = "<" if make is wav else ">"
    tag = name + struct.pack(f"{order}I", 40_000) + b"INFOpicture" * 1000
    got, file = read(put(tmp_path / "x", make(FRAMES, tag)))  # type: ignore[operator]
    assert np.abs(got - SOUND).max() < 1e-4
    assert file.loss is None


@given(width=st.sampled_from([2, 3]), more=st.integers(1, 2), silent=st.integers(0, 3000))
def test_samples_in_wider_boxes(width: int, more: int, silent: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """For example 24 bits in 4 bytes: block align decides, if the low bytes are zero."""
    box = min(width + more, 4)
    bits = 8 * width
    levels = np.concatenate([np.zeros(silent), np.round(SOUND[0] * (2 ** (bits - 1) - 1))]).astype(np.int64)
    data = b"".join((int(level) << 8 * (box - width)).to_bytes(box, "little", signed=True) for level in levels)
    head = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, RATE * box, box, bits))
    path = put(tmp_path_factory.mktemp("law") / "x.wav", wave(head, chunk(b"data", data)))
    got, _ = read(path)
    assert got.shape[1] == silent + FRAMES
    assert np.abs(got[0, silent:] - SOUND[0]).max() < 1e-4


@pytest.mark.parametrize("align", [0, 1, 3, 4, 8, 65535])
def test_a_wrong_block_align_changes_nothing(align: int, tmp_path: Path) -> None:
    head = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, align, 16))
    got, _ = read(put(tmp_path / "x.wav", wave(head, chunk(b"data", LITTLE))))
    assert np.abs(got - SOUND).max() < 1e-4


def _chan(*numbers: int, rest: bytes = b"") -> bytes:
    return struct.pack(">III", *numbers) + rest


def _labels(*labels: int) -> bytes:
    return _chan(0, 0, len(labels), rest=b"".join(struct.pack(">II12x", label, 0) for label in labels))


LAYOUTS = {
    "L R C LFE Ls Rs": (_chan(121 << 16 | 6, 0, 0), (FL, FR, FC, LFE, SL, SR)),
    "film order": (_chan(123 << 16 | 6, 0, 0), (FL, FC, FR, SL, SR, LFE)),
    "a bitmap": (_chan(0x10000, 0x60F, 0), (FL, FR, FC, LFE, SL, SR)),
    "labels": (_labels(3, 1, 2, 5, 6, 4), (FC, FL, FR, BL, BR, LFE)),
    "labels behind": (_labels(1, 2, 5, 6, 33, 34), (FL, FR, SL, SR, BL, BR)),
    "discrete": (_chan(147 << 16 | 6, 0, 0), ()),
    "Ambisonics": (_chan(190 << 16 | 6, 0, 0), ()),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_caf_states_its_layout(name: str, tmp_path: Path) -> None:
    stated, speakers = LAYOUTS[name]
    sound = pcm16(voice(channels=6))
    big = np.frombuffer(sound, "<i2").astype(">i2").tobytes()
    data = caf(FRAMES, b"", caf_chunk(b"chan", stated), 6, big)
    _, file = read(put(tmp_path / "x.caf", data))
    assert file.reader.layout.speakers == speakers
    assert file.reader.layout.stated


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_layout_or_none(content: bytes, labels: bool) -> None:
    mask, order = core_audio.layout_of(bytes(4) * labels + content)
    assert mask is None or order is None
    assert order is None or len(set(order)) == len(order)


def test_an_aiff_says_that_there_are_no_loudspeakers(tmp_path: Path) -> None:
    """Four channels of Ambisonics are not quadraphonic, in any format that stores the layout."""
    source = put(tmp_path / "in.wav", wave(fmt(4, mask=0), chunk(b"data", pcm16(voice(channels=4)))))
    for suffix in (".wav", ".flac", ".aiff"):
        out = tmp_path / f"out{suffix}"
        assert main(["apply", str(source), str(out), "Gain", "--no-tail", "--quiet", "--channels", "keep"]) == 0
        _, file = read(out)
        assert file.reader.layout.speakers == (), suffix
        assert file.reader.layout.stated


def test_a_flac_s_layout_behind_its_cover(tmp_path: Path) -> None:
    path = put(tmp_path / "x.flac", encoded(voice(channels=4), "flac"))
    file = FLAC(path)
    cover = Picture()
    cover.data, cover.mime = bytes(200_000), "image/png"
    if file.tags is None:
        file.add_tags()
    file["WAVEFORMATEXTENSIBLE_CHANNEL_MASK"] = "0x0107"
    file.add_picture(cover)
    file.metadata_blocks.sort(key=lambda block: (block.code != 0, block.code != Picture.code))
    file.save()
    assert read(path)[1].reader.layout.mask == 0x107


@pytest.mark.parametrize("rate", [0x7FFFFFFF, 100_000_000])
def test_a_rate_that_no_sound_has_is_refused_at_once(rate: int, tmp_path: Path) -> None:
    """Converting from such a rate took minutes and gave nothing."""
    head = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate, rate, 2, 16))
    path = put(tmp_path / "x.wav", wave(head, chunk(b"data", LITTLE)))
    with pytest.raises(AudioError, match=rf"its header states {rate} Hz; the limit is 3072000 Hz"):
        read(path, sample_rate=48000.0)


@pytest.mark.parametrize("rate", [1000, 7999, 768_000])
def test_a_rate_where_no_effect_runs_is_the_file_s(
    rate: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the file and a remedy, which works."""
    source = put(tmp_path / "x.wav", wave(fmt(1, rate), chunk(b"data", LITTLE)))
    command = ["apply", str(source), str(tmp_path / "o.wav"), "Gain", "--no-tail", "--quiet"]
    assert main(command) == 2
    assert f"x.wav: {rate} Hz is outside 8000 to 384000 Hz" in capsys.readouterr().err
    assert main([*command, "--sample-rate", "48000"]) == 0
    assert read(tmp_path / "o.wav")[0].shape[1] == pytest.approx(FRAMES * 48000 / rate, rel=0.01)
