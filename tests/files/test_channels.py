# SPDX-License-Identifier: GPL-3.0-or-later
"""No channel is lost: channels are folded down by ITU-R BS.775 with the file's layout, or all are kept."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from files.sounds import RATE, chunk, encoded, fmt, pcm16, put, read, wave
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.cli import main
from ddsp_fx.files.input import InputFile, read_mono, read_some
from ddsp_fx.files.layout import SpeakerLayout

FIVE_ONE = 0x3F
R = 2**-0.5


def tones(channels: int) -> np.ndarray:
    """Each channel has its own tone, from 200 Hz up, at 0.1."""
    t = np.arange(RATE) / RATE
    return np.array([0.1 * np.sin(2 * np.pi * 200.0 * (n + 1) * t) for n in range(channels)], np.float32)


def gains(audio: np.ndarray, channels: int) -> np.ndarray:
    """The gain of each tone in each row, (rows, channels)."""
    return audio @ tones(channels).T * 2.0 / RATE / 0.01


@given(mask=st.none() | st.integers(0, 0x3FFFF), channels=st.integers(1, 12), to=st.sampled_from([1, 2]))
def test_no_channel_of_any_layout_vanishes(mask: int | None, channels: int, to: int) -> None:
    matrix = SpeakerLayout.of(channels, mask).fold(to)
    assert matrix.shape == (to, channels)
    assert (matrix.max(axis=0) > 0.05).all()
    assert (matrix >= 0).all()
    if to == 2 and channels > 2:
        mono = SpeakerLayout.of(channels, mask).fold(1)
        assert np.allclose(mono, matrix.mean(axis=0))


def test_the_coefficients_of_bs_775(tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", wave(fmt(6, mask=FIVE_ONE), chunk(b"data", pcm16(tones(6)))))
    with InputFile(path) as file:
        audio = read_some(file)
        assert file.remarks == [f"{path}: 6 channels (L R C LFE Lb Rb) folded down to 2, by ITU-R BS.775, LFE at -3 dB"]
    assert gains(audio, 6) == pytest.approx(np.array([[1, 0, R, R, R, 0], [0, 1, R, R, 0, R]]), abs=2e-3)
    mono = gains(read_mono(path)[0][np.newaxis], 6)
    assert mono == pytest.approx(np.array([[0.5, 0.5, R, R, R / 2, R / 2]]), abs=2e-3)


@pytest.mark.parametrize(
    ("mask", "left"),
    [(0x107, [1, 0, R, 0.5]), (0x33, [1, 0, R, 0]), (0x603, [1, 0, R, 0]), (0, [0.25] * 4), (None, [1, 0, R, 0])],
)
def test_four_channels_are_what_the_file_says(mask: int | None, left: list[float], tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", wave(fmt(4, mask=mask), chunk(b"data", pcm16(tones(4)))))
    with InputFile(path) as file:
        assert gains(read_some(file), 4)[0] == pytest.approx(np.array(left), abs=2e-3)


def test_vorbis_order_is_its_own() -> None:
    assert SpeakerLayout.of(6, None, "ogg").fold(2)[0] == pytest.approx([1, R, 0, R, 0, R])
    assert SpeakerLayout.of(6, None, "flac").fold(2)[0] == pytest.approx([1, 0, R, R, R, 0])


def test_an_aiff_states_its_layout_by_a_tag(tmp_path: Path) -> None:
    """CoreAudio's MPEG 5.1 C: L C R Ls Rs LFE."""
    chan = b"CHAN" + struct.pack(">IIII", 12, 123 << 16 | 6, 0, 0)
    body = b"AIFF" + chan + encoded(tones(6), "aiff")[12:]
    path = put(tmp_path / "x.aiff", b"FORM" + struct.pack(">I", len(body)) + body)
    with InputFile(path) as file:
        assert gains(read_some(file), 6)[0] == pytest.approx(np.array([1, R, 0, R, 0, R]), abs=2e-3)


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff"])
@pytest.mark.parametrize("mask", [FIVE_ONE, 0x60F])
def test_all_channels_kept_with_their_layout(
    kind: str, mask: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = put(tmp_path / "in.wav", wave(fmt(6, mask=mask), chunk(b"data", pcm16(tones(6)))))
    out = tmp_path / f"out.{kind}"
    assert main(["apply", str(source), str(out), "Gain:gain_db=0", "--channels", "keep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["channels"] == 6
    audio, file = read(out)
    assert gains(audio, 6) == pytest.approx(np.eye(6), abs=2e-3)
    assert file.layout.mask == mask


def test_apply_says_what_it_folds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "in.wav", wave(fmt(6), chunk(b"data", pcm16(tones(6)))))
    out = tmp_path / "out.wav"
    assert main(["apply", str(source), str(out), "Gain:gain_db=0", "--quiet"]) == 0
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "6 channels (L R C LFE Lb Rb, as usual where none is stated) folded down to 2" in said
    assert (gains(read(out)[0], 6).max(axis=0) > 0.4).all()


@pytest.mark.parametrize(
    ("out", "chain", "message"),
    [
        ("out.mp3", "Gain:gain_db=0", ".mp3 takes 2 channels, but there are 6; use .wav or --channels 2"),
        ("out.wav", "Reverb:room_size=0.5", "Reverb takes 1 or 2 channels, but there are 6"),
    ],
)
def test_what_cannot_keep_them_is_refused(
    out: str, chain: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = put(tmp_path / "in.wav", wave(fmt(6), chunk(b"data", pcm16(tones(6)))))
    assert main(["apply", str(source), str(tmp_path / out), chain, "--channels", "keep"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / out).exists()
