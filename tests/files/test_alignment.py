# SPDX-License-Identifier: GPL-3.0-or-later
"""An impulse keeps its position through every format, read and written."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from files.sounds import FORMATS, encoded, put, read

from ddsp_fx.cli import main
from ddsp_fx.errors import AudioError
from ddsp_fx.files.input import InputFile, Taking

PLACE = 10000


def impulse(rate: int, channels: int = 1) -> np.ndarray:
    """One sample of 0.9 over a little noise, because encoders drop silence."""
    audio = 1e-4 * np.random.default_rng(0).standard_normal((channels, rate))
    audio[:, PLACE] = 0.9
    return audio.astype(np.float32)


def place_of(path: Path, **how: object) -> tuple[int, int]:
    audio, _ = read(path, **how)  # type: ignore[arg-type]
    return int(np.abs(audio[0]).argmax()), audio.shape[1]


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
@pytest.mark.parametrize("kind", FORMATS)
def test_through_apply_and_back(kind: str, rate: int, tmp_path: Path) -> None:
    source = put(tmp_path / "in.wav", encoded(impulse(rate), "wav", rate))
    there, back = tmp_path / f"there.{kind}", tmp_path / "back.wav"
    for a, b in ((source, there), (there, back)):
        assert main(["apply", str(a), str(b), "Gain:gain_db=0", "--no-tail", "--quiet"]) == 0
        assert place_of(b) == (PLACE, rate)


@pytest.mark.parametrize("to", [16000, 44100, 96000])
def test_another_rate_moves_nothing(to: int, tmp_path: Path) -> None:
    path = put(tmp_path / "in.wav", encoded(impulse(48000), "wav", 48000))
    place, length = place_of(path, sample_rate=to)
    assert abs(place - PLACE * to / 48000) <= 1
    assert length == pytest.approx(to, abs=1)


FFMPEG = {
    "vbr.mp3": ["-q:a", "2"],
    "cbr.mp3": ["-b:a", "128k"],
    "stereo.mp3": ["-ac", "2", "-b:a", "192k"],
    "x.ogg": ["-c:a", "libvorbis"],
    "x.opus": ["-c:a", "libopus"],
    "x.flac": [],
    "x.caf": [],
    "x.w64": [],
}


def _ffmpeg(folder: Path, name: str, *options: str, rate: int = 48000) -> Path:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    source = put(folder / "source.wav", encoded(impulse(rate), "wav", rate))
    out = folder / name
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-i", source, *options, str(out)], check=True)
    return out


@pytest.mark.parametrize("name", FFMPEG)
def test_from_another_encoder(name: str, tmp_path: Path) -> None:
    try:
        path = _ffmpeg(tmp_path, name, *FFMPEG[name])
    except subprocess.CalledProcessError:
        pytest.skip(f"this ffmpeg writes no {name}")
    assert place_of(path)[0] == PLACE


def test_a_delay_that_nobody_states_is_refused_until_it_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = _ffmpeg(tmp_path, "bare.mp3", "-write_xing", "0"), tmp_path / "out.wav"
    arguments = ["apply", str(path), str(out), "Gain:gain_db=0", "--no-tail", "--quiet"]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "encoder's delay is not stated" in said
    assert "--encoder-delay 1105" in said
    assert main([*arguments, "--encoder-delay", "1105"]) == 0
    assert place_of(out)[0] == PLACE
    assert main([*arguments, "--encoder-delay", "0"]) == 0
    assert place_of(out)[0] == PLACE + 1105
    assert main([*arguments, "--encoder-delay", "-1"]) == 2


def test_a_delay_that_is_stated_wins(tmp_path: Path) -> None:
    path = put(tmp_path / "x.mp3", encoded(impulse(44100), "mp3", 44100))
    assert place_of(path, encoder_delay=500, aligned=True)[0] == PLACE


def test_training_and_listening_need_no_alignment(tmp_path: Path) -> None:
    path = _ffmpeg(tmp_path, "bare.mp3", "-write_xing", "0")
    assert place_of(path)[0] == PLACE + 1105
    with pytest.raises(AudioError, match="delay"), InputFile(path, taking=Taking(aligned=True)):
        pass


def test_mp3_in_wav_states_no_delay(tmp_path: Path) -> None:
    path = _ffmpeg(tmp_path, "x.wav", "-c:a", "mp3")
    with pytest.raises(AudioError, match="delay is not stated"), InputFile(path, taking=Taking(aligned=True)):
        pass


@pytest.mark.parametrize("head", [b"\0\0\0\x20ftypM4A ", b"\xff\xf1\x50\x80" + bytes(12)])
def test_aac_is_refused_with_the_way_out(head: bytes, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"AAC and MP4 are not read; convert it"):
        read(put(tmp_path / "x.m4a", head + bytes(1000)))
