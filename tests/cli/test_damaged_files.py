# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged recordings in the commands: refused or partly read, always with both lengths in the message."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from files.sounds import FORMATS, RATE, chunk, encoded, fmt, pcm16, put, read, voice, wave
from support import decaying_noise, write_bundle

from ddsp_fx.cli import main
from ddsp_fx.effects.impulse_response import read_response
from ddsp_fx.errors import BundleError

CHAIN = "Gain:gain_db=0"


def _cut(folder: Path, kind: str = "wav", seconds: float = 3.0) -> Path:
    data = encoded(voice(seconds), kind)
    return put(folder / f"in.{kind}", data[: len(data) // 2])


@pytest.mark.parametrize("kind", FORMATS)
def test_apply_refuses_and_salvages(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = _cut(tmp_path, kind), tmp_path / "out.wav"
    assert main(["apply", str(source), str(out), CHAIN, "--quiet"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"in.{kind}: " in said
    assert " s can be read" in said
    assert "--salvage uses the good part" in said
    assert not out.exists()
    assert main(["apply", str(source), str(out), CHAIN, "--salvage", "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err.count("can be read") == 1
    assert any("can be read" in remark for remark in json.loads(captured.out)["remarks"])
    assert read(out)[0].shape[1] == pytest.approx(read(source, salvage=True)[0].shape[1], abs=1)


def test_a_file_of_which_nothing_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = encoded(voice(3.0), "flac")
    source, out = put(tmp_path / "in.flac", data[:200] + bytes(len(data) - 200)), tmp_path / "out.wav"
    for options in ([], ["--salvage"]):
        assert main(["apply", str(source), str(out), CHAIN, *options]) == 2
        said = capsys.readouterr().err
        assert "0.000 s of 3.000 s can be read" in said
        assert "--salvage" not in said
        assert not out.exists()


def test_a_stream_is_no_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "in.wav", wave(fmt(), chunk(b"data", pcm16(voice()), 0xFFFFFFFF), size=0xFFFFFFFF))
    assert main(["apply", str(source), str(tmp_path / "out.wav"), CHAIN, "--no-tail"]) == 0
    assert capsys.readouterr().err == ""
    assert read(tmp_path / "out.wav")[0].shape == voice().shape


def test_evaluate_and_train_name_the_file_and_use_the_good_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The header claims 13.5 hours, but memory must depend on the real length."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    put(folder / "in.wav", wave(fmt(), chunk(b"data", pcm16(voice(3.0)), 0x7E000000)))
    put(folder / "x.wav", b"no audio")
    assert main(["evaluate", "violin", str(folder), "--tracker", "mcleod", "--json"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report["total"]["seconds"] == pytest.approx(3.0)
    assert "3.000 s of 47934" in report["remarks"][0]
    assert "skipped 1 file: x.wav (not an audio file" in captured.err
    assert list(report["passed_over"]) == [str(folder / "x.wav")]
    pytest.importorskip("keras")
    recipe = put(tmp_path / "r.toml", b'name = "x"\ntracker = "mcleod"\nsample_rate = 16000\n')
    for number in range(10):
        put(folder / f"{number}.wav", encoded(voice(3.4), "wav"))
    run_folder = str(tmp_path / "run")
    assert main(["train", str(folder), "--check", "--config", str(recipe), "--run-dir", run_folder]) == 0
    captured = capsys.readouterr()
    assert "in.wav: 3.0 s, peak" in captured.out
    assert "3.000 s of 47934" in captured.out
    assert "x.wav (not an audio file" in captured.err


def test_a_cut_room_is_no_room(tmp_path: Path) -> None:
    data = encoded(decaying_noise(0.3, 0.4, 16000), "wav", 16000, 32)
    path = put(tmp_path / "room.wav", data)
    assert read_response(path)[0].shape == (1, 6400)
    put(path, data[: len(data) // 2])
    with pytest.raises(BundleError, match=r"room\.wav: .*can be read"):
        read_response(path)
    put(path, wave(fmt(2000), chunk(b"data", b"", 0x7FFFFFF0)))
    with pytest.raises(BundleError, match=r"room\.wav"):
        read_response(path)


def test_serve_says_it_before_anything_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("aiohttp")
    source, out = _cut(tmp_path, "flac", 1.0), tmp_path / "out.wav"
    ports = ["--osc-port", "0", "--http-port", "0", "--quiet", "--boards", str(tmp_path), "--takes", str(tmp_path)]
    arguments = ["serve", CHAIN, "--input", str(source), "--output", str(out), *ports]
    assert main(arguments) == 2
    assert "can be read: what follows is damaged; --salvage uses the good part" in capsys.readouterr().err
    assert not out.exists()
    assert main([*arguments, "--salvage"]) == 0
    assert capsys.readouterr().err.count("can be read") == 1
    assert read(out)[0].shape == read(source, salvage=True)[0].shape


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    """The signal is sent as soon as the temporary file exists."""
    write_bundle(tmp_path / "place" / "hall")
    source = put(tmp_path / "in.wav", encoded(voice(60.0), "wav"))
    results = tmp_path / "results"
    results.mkdir()
    old = put(results / "o.wav", b"what stood here")
    command = [sys.executable, "-m", "ddsp_fx.cli", "apply", str(source), str(old), "hall", "--buffer-size", "32"]
    environment = os.environ | {"DDSP_FX_PATH": str(tmp_path / "place")}
    # Under nohup, HUP is ignored from the start, and would stay ignored.
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
    )
    while process.poll() is None and len(list(results.iterdir())) < 2:
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert b"interrupted" in said
    assert [path.name for path in results.iterdir()] == ["o.wav"]
    assert old.read_bytes() == b"what stood here"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("where", ["reading", "writing"])
def test_a_signal_in_a_callback_is_not_lost(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreign code that reads and writes through Python swallows exceptions or replaces them."""
    from ddsp_fx.files.pieces import Pieces
    from ddsp_fx.files.writer import Output

    source, out = put(tmp_path / "in.wav", encoded(voice(3.0), "wav")), tmp_path / "out.wav"
    read_into, write, count = Pieces.readinto, Output.write, 0

    def interrupted(self: Pieces, buffer: memoryview) -> int:
        nonlocal count
        count += 1
        if where == "reading" and count == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return read_into(self, buffer)

    def written(self: Output, block: object) -> None:
        if where == "writing":
            signal.setitimer(signal.ITIMER_REAL, 1e-4)
        write(self, block)  # type: ignore[arg-type]

    monkeypatch.setattr(Pieces, "readinto", interrupted)
    monkeypatch.setattr(Output, "write", written)
    before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        assert main(["apply", str(source), str(out), CHAIN, "--quiet"]) == 128 + signal.SIGTERM
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff"])
def test_the_input_may_be_the_output_through_a_link(kind: str, tmp_path: Path) -> None:
    source = put(tmp_path / f"in.{kind}", encoded(voice(), kind))
    before = read(source)[0]
    link = tmp_path / f"link.{kind}"
    link.symlink_to(source)
    assert main(["apply", str(source), str(link), "Gain:gain_db=-6", "--no-tail", "--quiet"]) == 0
    assert link.is_symlink()
    after = read(source)[0]
    assert after == pytest.approx(before * 10 ** (-6 / 20), abs=1e-4)
    assert after.shape[1] / RATE == pytest.approx(1.0)


def test_the_input_is_closed_before_the_output_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows does not replace open files."""
    from ddsp_fx.files import input as files
    from ddsp_fx.files import replace

    open_files: list[files.InputFile] = []
    opened, move = files.InputFile.__init__, replace._move

    def noted(self: files.InputFile, *args: object, **how: object) -> None:
        opened(self, *args, **how)  # type: ignore[arg-type]
        open_files.append(self)

    def checked(temporary: Path, target: Path) -> None:
        assert all(file.reader._decoder.file is None for file in open_files)
        move(temporary, target)

    monkeypatch.setattr(files.InputFile, "__init__", noted)
    monkeypatch.setattr(replace, "_move", checked)
    source = put(tmp_path / "in.wav", encoded(voice(), "wav"))
    assert main(["apply", str(source), str(source), CHAIN, "--quiet"]) == 0
    assert open_files
