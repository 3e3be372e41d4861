# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx play` with as much of PortAudio as it needs: the device gets the samples that `apply` writes."""

import re
import signal
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone, write_bundle

from ddsp_fx.cli import main
from ddsp_fx_bridge.engine import loudspeaker

RATE = 44100


class FakePortAudio:
    """One stereo device that plays some rates, and remembers what it was given."""

    class PortAudioError(Exception):
        pass

    devices: ClassVar[list[dict[str, Any]]] = [
        {"name": "Null", "max_output_channels": 2, "default_samplerate": 48000.0, "max_input_channels": 0}
    ]

    def __init__(self, *rates: float) -> None:
        self.rates = rates or (44100.0, 48000.0)
        self.blocks: list[np.ndarray] = []
        self.closed: list[str] = []
        self.on_write: Any = lambda: None

    def query_devices(self, device: object = None, kind: str = "") -> Any:
        if device == "absent":
            raise ValueError("No output device matching 'absent'")
        return self.devices[0] if kind else self.devices

    def check_output_settings(self, device: object, dtype: str, samplerate: float) -> None:
        if samplerate not in self.rates:
            raise self.PortAudioError("Invalid sample rate")

    def OutputStream(self, **options: Any) -> Any:  # noqa: N802 - sounddevice's name
        outer = self
        self.options = options

        class Stream:
            active, latency = False, 0.25

            def start(self) -> None:
                self.active = True

            def write(self, frames: np.ndarray) -> bool:
                outer.blocks.append(frames.T.copy())
                outer.on_write()
                return len(outer.blocks) == 2

            def stop(self) -> None:
                self.active = False
                outer.closed.append("played to the end")

            def close(self, ignore_errors: bool = False) -> None:
                outer.closed.append("closed")

        return Stream()

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate(self.blocks, axis=1)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    fake = FakePortAudio()
    monkeypatch.setattr(loudspeaker, "import_sounddevice", lambda instead: fake)
    return fake


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stereo file of 9 s, a mono one, a curve, and a room."""
    folder = tmp_path_factory.mktemp("play")
    write_bundle(folder / "hall")
    sound = np.concatenate([tone(3.0, RATE, f0_hz, channels=2) for f0_hz in (220.0, 330.0, 440.0)], axis=1)
    for name, audio in (("stereo.wav", sound), ("mono.wav", sound[:1, :RATE])):
        with AudioFile(str(folder / name), "w", RATE, audio.shape[0], bit_depth=32) as file:
            file.write(audio)
    (folder / "gain.csv").write_text("time_s,Gain.gain_db,hall.mix\n0,0,0\n4,-12,1\n8.5,6,0.2\n")
    return folder


def _applied(place: Path, name: str, chain: str, *options: str) -> np.ndarray:
    out = place / "applied.wav"
    assert main(["apply", str(place / name), str(out), chain, "--bit-depth", "32", "--quiet", *options]) == 0
    with AudioFile(str(out)) as file:
        return np.asarray(file.read(file.frames))


def test_the_device_gets_what_apply_writes(place: Path, device: FakePortAudio) -> None:
    chain, moves = f"Gain:gain_db=0 | {place / 'hall'}:mix=0.5", ["--automation", str(place / "gain.csv")]
    assert main(["play", str(place / "stereo.wav"), chain, *moves]) == 0
    assert np.array_equal(device.heard, _applied(place, "stereo.wav", chain, *moves))
    assert device.options["samplerate"] == RATE
    assert device.closed == ["played to the end", "closed"]


@pytest.mark.parametrize(("start", "end"), [(0.0, 2.5), (1.0, 2.0), (7.25, 99.0)])
def test_a_part_sounds_as_it_does_in_the_whole(place: Path, device: FakePortAudio, start: float, end: float) -> None:
    chain, moves = f"Gain:gain_db=0 | {place / 'hall'}:mix=0.5", ["--automation", str(place / "gain.csv")]
    part = ["--from", str(start), "--to", str(end), "--no-tail"]
    assert main(["play", str(place / "stereo.wav"), chain, *moves, *part]) == 0
    whole = _applied(place, "stereo.wav", chain, *moves, "--no-tail")
    expected = whole[:, round(start * RATE) : round(end * RATE)]
    assert device.heard.shape == expected.shape
    assert np.abs(device.heard - expected).max() < 1e-6


def test_a_file_alone_is_played_as_it_is_and_mono_on_both_sides(place: Path, device: FakePortAudio) -> None:
    assert main(["play", str(place / "mono.wav"), "--quiet"]) == 0
    with AudioFile(str(place / "mono.wav")) as file:
        assert np.array_equal(device.heard, np.repeat(file.read(file.frames), 2, axis=0))


def test_a_rate_that_the_device_lacks_is_converted_and_said(
    place: Path, device: FakePortAudio, capsys: pytest.CaptureFixture[str]
) -> None:
    device.rates = (48000.0,)
    assert main(["play", str(place / "mono.wav"), "Gain:gain_db=0"]) == 0
    assert device.options["samplerate"] == 48000.0
    assert device.heard.shape[1] == 48000
    assert "does not play 44100 Hz: the file is converted to 48000 Hz" in capsys.readouterr().err
    assert main(["play", str(place / "mono.wav"), "--sample-rate", "22050"]) == 2
    assert "does not play 22050 Hz; its own is 48000 Hz" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--device", "absent"], "device absent cannot be opened: No output .* the devices are: 0 Null"),
        (["--from", "10"], "--from 10 is after the end of .*, 1.00 s"),
        (["--from", "-1"], "--from -1 must be 0 or more"),
        (["--from", "2", "--to", "1"], "--to 1 must be after --from 2"),
        (["--buffer-size", "0"], "must be at least 1"),
    ],
)
def test_mistakes_are_said_before_anything_sounds(
    place: Path, device: FakePortAudio, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert main(["play", str(place / "mono.wav"), *options]) == 2
    assert re.search(told, capsys.readouterr().err)
    assert not device.blocks


def test_without_a_device_the_remedy_is_named(
    place: Path, device: FakePortAudio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device, "devices", [])
    assert main(["play", str(place / "mono.wav")]) == 2
    assert "there is no audio device to play on" in capsys.readouterr().err


def test_without_sounddevice_the_extra_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["play", str(place / "mono.wav")]) == 2
    assert 'pip install "ddsp-fx[live]"' in capsys.readouterr().err


def test_ctrl_c_ends_it_at_once_and_without_a_word(
    place: Path, device: FakePortAudio, capsys: pytest.CaptureFixture[str]
) -> None:
    device.on_write = lambda: signal.raise_signal(signal.SIGINT) if len(device.blocks) == 3 else None
    # Whoever runs the tests in the background may have it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["play", str(place / "stereo.wav")]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(device.blocks) == 3
    assert device.closed == ["closed"]
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_the_position_and_gaps_are_told(
    place: Path, device: FakePortAudio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["play", str(place / "mono.wav"), "Gain:gain_db=0", "--from", "0.5"]) == 0
    *lines, after = capsys.readouterr().err.split("\r")
    assert "0:00.5 / 0:01.0  mono.wav | Gain" in lines
    assert max(map(len, lines)) < 40
    assert "the sound had 1 gap(s)" in after


def test_a_device_that_goes_away_is_an_error(
    place: Path, device: FakePortAudio, capsys: pytest.CaptureFixture[str]
) -> None:
    def unplug() -> None:
        raise device.PortAudioError("Unanticipated host error")

    device.on_write = unplug
    assert main(["play", str(place / "mono.wav")]) == 2
    assert "device default has stopped: Unanticipated host error" in capsys.readouterr().err
    assert device.closed == ["closed"]
