# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx serve` from start to stop."""

import argparse
import gc
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx import Board
from ddsp_fx.cli import main
from ddsp_fx.errors import AudioError, BoardError, DdspFxError, EngineError, MissingExtraError
from ddsp_fx_bridge.cli import serve
from ddsp_fx_bridge.cli.session import ServeRun
from ddsp_fx_bridge.engine import Engine, device
from ddsp_fx_bridge.osc.packets import encode

PATIENCE_S = 60.0


def session(*words: str) -> ServeRun:
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    return ServeRun(parser.parse_args([*words, "--osc-port", "0", "--http-port", "0", "--quiet"]))


@pytest.fixture
def place(tmp_path: Path, make_board: Callable[[], Board], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with board.json and in.wav (1.2 s, one channel)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "board.json").write_text(make_board().to_json())
    with AudioFile(str(tmp_path / "in.wav"), "w", 44100, 1, bit_depth=32) as file:
        file.write(tone(1.2, 44100, channels=1))
    return tmp_path


def read(path: Path) -> np.ndarray:
    with AudioFile(str(path)) as file:
        return file.read(file.frames)


def test_a_live_run_is_what_its_take_renders_to(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = session(
        "board.json", "--input", "in.wav", "--output", "live.wav", "--record", "take", "--takes", ".", "--boards", "."
    )
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run.run()))
    thread.start()
    rng = np.random.default_rng(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        while thread.is_alive():
            if run.server is not None and run.server.engine.position:
                for address in ("hall/mix", "mix", "Gain/gain_db"):
                    client.sendto(encode(f"/track/1/{address}", [rng.uniform()]), ("127.0.0.1", run.server.osc_port))
            thread.join(0.02)
    assert codes == [0]
    assert "track 1: hall | Gain" in capsys.readouterr().out
    assert (place / "take.jsonl").read_text().count("\n") > 10
    assert main(["apply", "in.wav", "again.wav", "--automation", "take.jsonl", "--quiet", "--no-tail"]) == 0
    live, again = read(place / "live.wav"), read(place / "again.wav")
    assert np.array_equal(live, again)
    plain = np.zeros_like(live)
    assert main(["apply", "in.wav", "plain.wav", "board.json", "--quiet", "--no-tail"]) == 0
    plain = read(place / "plain.wav")
    assert not np.array_equal(live, plain)


def test_it_stops_when_its_time_is_up(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session("board.json", "Gain", "--clock", "--seconds", "0.2").run() == 0
    out = capsys.readouterr().out
    assert "track 2: Gain" in out
    assert "stopped: 0 messages" in out


def test_while_it_runs_no_full_collection_looks_at_what_never_goes(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    wait = ServeRun._wait
    monkeypatch.setattr(ServeRun, "_wait", lambda *a: (seen.append(gc.get_freeze_count()), wait(*a)))
    assert session("board.json", "--clock", "--seconds", "0.1").run() == 0
    assert seen[0] > 50_000
    assert gc.get_freeze_count() == 0


RUN = """
import argparse, sys
from ddsp_fx_bridge.cli import serve
parser = argparse.ArgumentParser()
serve.add_arguments(parser)
sys.exit(serve.run(parser.parse_args(sys.argv[1:])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_the_take_is_whole(place: Path, number: signal.Signals) -> None:
    words = ["board.json", "--clock", "--osc-port", "0", "--http-port", "0", "--takes", ".", "--record", "take"]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who started the tests in the background may have it ignored.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("OSC: udp port"):
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "stopped: 0 messages" in out
    assert err == ""
    assert (place / "take.jsonl").read_text().startswith('{"ddsp_fx_take": 1')
    assert not (place / "take.jsonl.part").exists()


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["nothing", "--clock"], DdspFxError, "no effect is called 'nothing'"),
        (["absent.json", "--clock"], BoardError, "absent.json: cannot be read"),
        (["--input", "absent.wav"], AudioError, "absent.wav: no such file"),
        (["--clock", "--output", "absent/out.wav"], AudioError, "folder absent does not exist"),
        (["--clock", "--block-size", "0"], EngineError, "--block-size 0 is outside"),
        (["--clock", "--channels", "9"], EngineError, "--channels 9 is outside"),
        (["--clock", "--sample-rate", "10"], AudioError, "--sample-rate 10 is outside"),
        (["--clock", "--device", "x"], EngineError, "exclude each other"),
        (["--clock", "--loop"], EngineError, "--loop needs --input"),
        (["--clock", "--lan", "0.0.0.0"], EngineError, "needs --allow NETWORK"),
        (["--clock", "--allow", "10.0.0.0/8"], EngineError, "--allow needs --lan"),
        (["--clock", "--lan", "here", "--allow", "10.0.0.0/8"], EngineError, "--lan takes an IPv4 address"),
        (["--clock", "--lan", "0.0.0.0", "--allow", "friends"], EngineError, "--allow a network such as"),
        (["--clock", "--record", "../x"], DdspFxError, "not a plain name"),
    ],
)
def test_what_is_wrong_is_one_line(place: Path, words: list[str], error: type[Exception], message: str) -> None:
    before = threading.active_count()
    with pytest.raises(error, match=message):
        session(*words, "--takes", ".").run()
    assert threading.active_count() == before


def test_a_port_that_is_taken(place: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        run = session("--clock")
        run._arguments.osc_port = int(port)
        with pytest.raises(EngineError, match=f"UDP port {port}"):
            run.run()


def test_the_lan_is_opened_with_a_warning(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session("--clock", "--lan", "0.0.0.0", "--allow", "192.168.7.0/24", "--seconds", "0.1").run() == 0
    assert "anyone in 192.168.7.0/24 can change sounds" in capsys.readouterr().err


def test_a_missing_extra_is_one_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("ddsp_fx_bridge.http") or name == "aiohttp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(MissingExtraError, match=r'pip install "ddsp-fx\[serve\]"'):
        session("--clock").run()


def test_arguments_are_cheap() -> None:
    heavy = ("numpy", "aiohttp", "pythonosc")
    code = f"import ddsp_fx_bridge.cli.serve, sys; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


class FakeStatus:
    input_overflow = output_underflow = False


class FakeTimes:
    currentTime, inputBufferAdcTime = 5.01, 5.0  # noqa: N815 - PortAudio's names


class FakePortAudio:
    """Runs three blocks when started; has one device."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.out: list[np.ndarray] = []

    def query_devices(self) -> list[dict[str, object]]:
        return [{"name": "Null", "max_input_channels": 2, "max_output_channels": 2}]

    def Stream(self, **options: object) -> object:  # noqa: N802 - sounddevice's name
        if options["device"] == "absent":
            raise ValueError("No input/output device matching 'absent'")
        if options["samplerate"] == 44100:
            raise self.PortAudioError("Invalid sample rate")
        outer, callback, frames = self, options["callback"], int(str(options["blocksize"]))

        class Stream:
            def start(self) -> None:
                status = FakeStatus()
                for number in range(3):
                    indata = np.full((frames, 2), 0.25, np.float32)
                    outdata = np.zeros((frames, 2), np.float32)
                    status.output_underflow = number == 2
                    callback(indata, outdata, frames, FakeTimes(), status)  # type: ignore[operator]
                    outer.out.append(outdata)

            def stop(self) -> None:
                pass

            def close(self) -> None:
                pass

        return Stream()


def test_a_device_runs_the_engine(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakePortAudio()
    monkeypatch.setattr(device, "import_sounddevice", lambda: fake)
    run = session("Gain:gain_db=0", "--device", "0", "--seconds", "0.1")
    assert run.run() == 0
    assert len(fake.out) == 3
    assert all(np.all(block == 0.25) for block in fake.out)
    assert "1 xruns" in capsys.readouterr().out
    assert run.server is not None
    assert isinstance(run.server.engine, Engine)
    with pytest.raises(
        EngineError, match=r"device absent cannot be opened: No input/output .* the devices are: 0 Null"
    ):
        session("--device", "absent").run()
    with pytest.raises(EngineError, match="Invalid sample rate"):
        session("--device", "0", "--sample-rate", "44100").run()


def test_no_device_is_said(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(FakePortAudio, "query_devices", lambda self: [])
    monkeypatch.setattr(device, "import_sounddevice", FakePortAudio)
    assert session("--seconds", "0.1").run() == 0
    assert "no audio device" in capsys.readouterr().err
