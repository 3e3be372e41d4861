# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly what is in a file is read: truncated, damaged, filled with zeros, streamed, or still being recorded."""

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from files.sounds import FORMATS, RATE, chunk, encoded, fmt, pcm16, put, read, voice, wave
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.errors import AudioError, DamagedAudioError
from ddsp_fx.files.input import read_mono

WHOLE = {kind: encoded(voice(), kind) for kind in FORMATS}
DATA = pcm16(voice())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("whole")
    return {kind: read(put(folder / f"x.{kind}", data))[0] for kind, data in WHOLE.items()}


def _holds_a_prefix(path: Path, sound: np.ndarray) -> None:
    """What is read is a prefix of the sound; a shorter one is refused or, with salvage, read and reported."""
    try:
        got, file = read(path, salvage=True)
    except AudioError:
        return
    n = got.shape[1]
    assert n <= sound.shape[1]
    assert np.abs(got - sound[:, :n]).max(initial=0.0) <= (0 if path.suffix in (".wav", ".flac", ".aiff") else 1e-4)
    if n == sound.shape[1]:
        return
    assert file.loss is not None
    assert file.loss.have_s == pytest.approx(n / RATE)
    with pytest.raises(DamagedAudioError, match="can be read"):
        read(path)


@pytest.mark.parametrize("kind", FORMATS)
@given(share=st.floats(0.05, 1.0))
def test_a_cut_file_is_a_prefix_and_told(
    kind: str, share: float, whole: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = WHOLE[kind]
    path = put(tmp_path_factory.getbasetemp() / f"cut.{kind}", data[: round(share * len(data))])
    if kind == "mp3":
        # A truncated MP3's last frames lack the next ones, with which the decoder overlaps them.
        sound = whole[kind]
        got, file = _or_nothing(path)
        assert got.shape[1] <= sound.shape[1]
        assert file is None or file.loss is not None or got.shape[1] == sound.shape[1]
        assert np.abs(got - sound[:, : got.shape[1]])[:, :-1152].max(initial=0.0) < 1e-4
        return
    _holds_a_prefix(path, whole[kind])


def _or_nothing(path: Path) -> tuple[np.ndarray, object]:
    try:
        return read(path, salvage=True)
    except AudioError:
        return np.zeros((1, 0), np.float32), None


@pytest.mark.parametrize("kind", ["flac", "ogg"])
@given(place=st.floats(0.2, 0.95), length=st.integers(64, 4000), zeros=st.booleans())
def test_damage_in_the_middle_of_what_has_checksums_is_found(
    kind: str,
    place: float,
    length: int,
    zeros: bool,
    whole: dict[str, np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = bytearray(WHOLE[kind])
    start = round(place * len(data))
    for i in range(start, min(start + length, len(data))):
        data[i] = 0 if zeros else (data[i] * 31 + 7) & 255
    if bytes(data) == WHOLE[kind]:
        return
    path = put(tmp_path_factory.getbasetemp() / f"damaged.{kind}", bytes(data))
    _holds_a_prefix(path, whole[kind])
    with pytest.raises(AudioError):
        read(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_unfinished_copy_is_zeros_from_somewhere_on(kind: str, tmp_path: Path) -> None:
    data = encoded(voice(3.0), kind)
    half = len(data) // 2
    path = put(tmp_path / f"x.{kind}", data[:half] + bytes(len(data) - half))
    with pytest.raises(DamagedAudioError, match="can be read"):
        read(path)
    got, file = read(path, salvage=True)
    assert 0.5 < got.shape[1] / RATE < 1.7
    assert np.square(got[:, -200:]).mean() > 0.1 * np.square(voice(3.0)).mean()
    assert file.loss is not None


def test_silence_that_is_meant_is_not_damage(tmp_path: Path) -> None:
    """An impulse, a fade, an editor's cut after a pause, and a short gap all end in zeros and are undamaged."""
    zeros = np.zeros((1, RATE), np.float32)
    fade = voice(2.0) * np.linspace(1, 0, 2 * RATE, dtype=np.float32)
    impulse = np.zeros((1, 2 * RATE), np.float32)
    impulse[0, 1000] = 1.0
    cut_after_a_pause = np.concatenate([voice(2.0), np.zeros((1, 100), np.float32), voice(0.5)[:, :-77]], axis=1)
    for number, sound in enumerate((impulse, fade, cut_after_a_pause)):
        whole = np.concatenate([sound, zeros], axis=1)
        got, file = read(put(tmp_path / f"{number}.wav", encoded(whole, "wav")))
        assert got.shape == whole.shape
        assert file.loss is None
    computed = np.concatenate([voice(2.0), zeros], axis=1)
    assert read(put(tmp_path / "computed.wav", encoded(computed, "wav")))[0].shape == computed.shape
    short = np.concatenate([voice(2.0)[:, :-77], zeros[:, : RATE // 5]], axis=1)
    assert read(put(tmp_path / "short.wav", encoded(short, "wav")))[0].shape == short.shape


def test_zeros_after_sound_in_full_flight_can_be_vouched_for(tmp_path: Path) -> None:
    whole = np.concatenate([voice(2.0)[:, :-77], np.zeros((1, RATE + 77), np.float32)], axis=1)
    for kind in ("wav", "aiff"):
        path = put(tmp_path / f"x.{kind}", encoded(whole, kind))
        with pytest.raises(DamagedAudioError, match=r"1\.997 s of 3\.000 s can be read: its sound stops dead"):
            read(path)
        assert read(path, trust_silence=True)[0].shape == whole.shape
        assert read(path, salvage=True)[0].shape[1] == 2 * RATE - 77


@pytest.mark.parametrize("claimed", [0, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFDB, 0x7FFFFFFF, 0x7FFFF000, 0x80000000])
def test_a_stream_of_unknown_length_is_read_whole(claimed: int, tmp_path: Path) -> None:
    """Lengths as written by ffmpeg, sox, arecord and GStreamer to a pipe."""
    path = put(tmp_path / "x.wav", wave(fmt(), chunk(b"data", DATA, claimed), size=claimed))
    got, file = read(path)
    assert got.shape[1] == len(DATA) // 2
    assert file.loss is None


def test_an_empty_data_chunk_before_other_chunks_is_empty(tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", wave(fmt(), chunk(b"data", b""), chunk(b"LIST", b"INFOISFT\4\0\0\0abc\0")))
    with pytest.raises(AudioError, match="holds no audio"):
        read(path)


def test_a_damaged_ogg_says_of_how_much(tmp_path: Path) -> None:
    data = bytearray(encoded(voice(3.0), "ogg"))
    data[len(data) // 2] ^= 255
    with pytest.raises(DamagedAudioError, match=r" s of 3\.000 s can be read: a page of it is damaged"):
        read(put(tmp_path / "x.ogg", bytes(data)))


@given(place=st.integers(0, RATE - 1), bad=st.sampled_from([np.nan, np.inf, -np.inf]), channel=st.integers(0, 1))
def test_nan_is_damage_in_a_file_of_floats(
    place: int, bad: float, channel: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    audio = voice(channels=2)
    audio[channel, place] = bad
    path = put(tmp_path_factory.getbasetemp() / "x.wav", encoded(audio, "wav", depth=32))
    with pytest.raises(DamagedAudioError, match=rf"NaN or infinity at {place / RATE:.3f} s, channel {channel + 1}"):
        read(path)
    if place:
        assert np.array_equal(read(path, salvage=True)[0], audio[:, :place])


def test_a_flac_stream_of_unknown_length(tmp_path: Path) -> None:
    data = bytearray(WHOLE["flac"])
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    got, file = read(put(tmp_path / "x.flac", bytes(data)))
    assert got.shape == voice().shape
    assert file.loss is None


def test_a_recorder_that_has_not_come_back_to_its_header(tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", wave(fmt(), chunk(b"data", DATA, len(DATA) // 2 & ~1)))
    with pytest.raises(DamagedAudioError, match="goes on after the end that its header states"):
        read(path)
    assert read(path, salvage=True)[0].shape[1] == len(DATA) // 2


def _rf64(claimed: int) -> bytes:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 72 + claimed, claimed, claimed // 2, 0))
    return b"RF64\xff\xff\xff\xffWAVE" + ds64 + fmt() + chunk(b"data", DATA, 0xFFFFFFFF)


def _w64(claimed: int) -> bytes:
    tail, riff = bytes.fromhex("f3acd3118cd100c04f8edb8a"), bytes.fromhex("726966662e91cf11a5d628db04c10000")
    head = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    parts = b"wave" + tail + b"fmt " + tail + struct.pack("<Q", 40) + head + b"data" + tail
    return riff + struct.pack("<Q", 0) + parts + struct.pack("<Q", 24 + claimed) + DATA


@pytest.mark.parametrize("make", [_rf64, _w64])
def test_64_bit_headers(make: object, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    assert read(put(path, make(len(DATA))))[0].shape[1] == len(DATA) // 2  # type: ignore[operator]
    put(path, make(3 * len(DATA)))  # type: ignore[operator]
    with pytest.raises(DamagedAudioError, match=r"1\.000 s of 3\.000 s"):
        read(path)
    assert read(path, salvage=True)[0].shape[1] == len(DATA) // 2


@pytest.mark.parametrize("kind", ["CAF", "AU"])
def test_other_kinds_that_are_cut(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind.lower()}"
    soundfile.write(path, voice()[0], RATE, format=kind, subtype="PCM_16")
    whole = read(path)[0]
    assert whole.shape == voice().shape
    put(path, path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(DamagedAudioError, match=r" of 1\.000 s can be read"):
        read(path)
    got, file = read(path, salvage=True)
    assert np.array_equal(got, whole[:, : got.shape[1]])
    assert 0.25 < got.shape[1] / RATE < 0.34
    assert file.loss is not None


def test_odd_headers_that_lose_nothing(tmp_path: Path) -> None:
    odd = b"LIST" + struct.pack("<I", 7) + b"INFOabc"
    files = {
        "no pad byte": wave(fmt(), odd, chunk(b"data", DATA)),
        "data before fmt": wave(chunk(b"data", DATA), fmt()),
        "two data chunks": wave(fmt(), chunk(b"data", DATA[:20000]), chunk(b"data", DATA[20000:])),
        "RIFF size 0": wave(fmt(), chunk(b"data", DATA), size=0),
        "ID3 in front": b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + wave(fmt(), chunk(b"data", DATA)),
        "mask 0": wave(fmt(mask=0), chunk(b"data", DATA)),
    }
    expected = read(put(tmp_path / "x.wav", wave(fmt(), chunk(b"data", DATA))))[0]
    for name, data in files.items():
        assert np.array_equal(read(put(tmp_path / "x.wav", data))[0], expected), name


@pytest.mark.parametrize("kind", ["mp3", "ogg"])
def test_streams_joined_end_to_end_are_read_to_the_last(
    kind: str, whole: dict[str, np.ndarray], tmp_path: Path
) -> None:
    tag = b"ID3\4\0\0\0\0\0\x05hello"
    joined = WHOLE[kind] + (tag + WHOLE[kind] if kind == "mp3" else _other_serial(encoded(voice(0.5), "ogg")))
    assert read(put(tmp_path / f"x.{kind}", joined))[0].shape[1] == whole[kind].shape[1] * (2 if kind == "mp3" else 1.5)


def _other_serial(data: bytes) -> bytes:
    """libvorbis draws serial numbers at random; two streams with the same one would be no chain."""
    return data


def test_memory_is_bounded_by_what_is_there_not_by_what_is_claimed(tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", wave(fmt(), chunk(b"data", DATA, 0x7E000000)))
    tracemalloc.start()
    audio, _ = read_mono(path, salvage=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert audio.size == len(DATA) // 2
    assert peak < 4 << 20
