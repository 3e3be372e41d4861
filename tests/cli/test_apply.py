# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx apply` for users: files in, files out, one clear line for every mistake."""

import json
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import Audio, tone, write_bundle

from ddsp_fx.automation import read_automation, take_event, take_header
from ddsp_fx.board import Board
from ddsp_fx.bundles import load
from ddsp_fx.cli import main


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    return "hall"


def write(path: Path, audio: Audio, rate: float = 44100, bit_depth: int = 16) -> Path:
    with AudioFile(str(path), "w", rate, audio.shape[0], bit_depth=bit_depth) as file:
        file.write(audio)
    return path


def read(path: Path) -> tuple[Audio, float]:
    with AudioFile(str(path)) as file:
        return file.read(file.frames), float(file.samplerate)


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2])
def test_rate_channels_and_tail_are_kept(rate: int, channels: int, hall: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", tone(0.3, rate, channels=channels), rate, 32)
    assert main(["apply", str(source), str(tmp_path / "out.wav"), f"{hall}:mix=0.5"]) == 0
    out, out_rate = read(tmp_path / "out.wav")
    expected = load(hall, mix=0.5).render(tone(0.3, rate, channels=channels), rate)
    assert out_rate == rate
    assert out.shape == expected.shape
    assert np.abs(out - expected).max() <= 1e-6


@pytest.mark.parametrize(("suffix", "depth"), [(".wav", 16), (".wav", 24), (".wav", 32), (".flac", 24), (".aiff", 16)])
def test_the_bit_depth_is_kept(suffix: str, depth: int, hall: str, tmp_path: Path) -> None:
    source = write(tmp_path / f"in{suffix}", tone(0.2, 44100), bit_depth=depth)
    out = tmp_path / f"out{suffix}"
    assert main(["apply", str(source), str(out), hall]) == 0
    with AudioFile(str(source)) as before, AudioFile(str(out)) as after:
        assert before.file_dtype == after.file_dtype


@pytest.mark.parametrize("suffix", [".mp3", ".ogg"])
def test_compressed_output(suffix: str, hall: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", tone(0.5, 44100))
    assert main(["apply", str(source), str(tmp_path / f"out{suffix}"), hall]) == 0
    assert np.abs(read(tmp_path / f"out{suffix}")[0]).max() > 0.1


def test_options(hall: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.wav", tone(0.5, 44100))
    out = tmp_path / "out.wav"
    options = ["--no-tail", "--sample-rate", "48000", "--bit-depth", "24", "--channels", "2", "--json"]
    assert main(["apply", str(source), str(out), hall, *options]) == 0
    summary = json.loads(capsys.readouterr().out)
    audio, rate = read(out)
    assert rate == 48000
    assert audio.shape[0] == 2
    # pedalboard rounds the resampled length down.
    assert abs(audio.shape[1] - 24000) <= 1
    assert summary["tail_s"] == pytest.approx(0, abs=1e-3)
    assert summary["peak_dbfs"] == pytest.approx(20 * np.log10(np.abs(audio).max()), abs=0.01)


def test_the_input_may_be_the_output(hall: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", tone(0.3, 44100))
    before = read(source)[0]
    assert main(["apply", str(source), str(source), f"{hall}:mix=1"]) == 0
    assert read(source)[0].shape[1] > before.shape[1]


def test_automation_file(hall: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", tone(0.5, 44100), bit_depth=32)
    curve = tmp_path / "curve.csv"
    curve.write_text("time_s,hall.mix\n0,0\n0.25,0\n0.25,1\n")
    assert main(["apply", str(source), str(tmp_path / "out.wav"), hall, "--automation", str(curve)]) == 0
    out = read(tmp_path / "out.wav")[0]
    assert np.array_equal(out[:, :11000], tone(0.5, 44100)[:, :11000])
    assert not np.allclose(out[:, 12000:22000], tone(0.5, 44100)[:, 12000:22000], atol=1e-3)


def test_automation_of_every_kind_at_once(hall: str, tmp_path: Path) -> None:
    mido = pytest.importorskip("mido")
    source = write(tmp_path / "in.wav", tone(0.5, 44100), bit_depth=32)
    (tmp_path / "a.csv").write_text("time_s,hall.decay\n0,0.5\n")
    (tmp_path / "b.jsonl").write_text('{"time_s": 0.1, "target": "mix", "value": 0.25}\n')
    song = mido.MidiFile()
    song.tracks.append(mido.MidiTrack([mido.Message("control_change", control=7, value=127)]))
    song.save(tmp_path / "c.mid")
    options = [arg for name in ("a.csv", "b.jsonl", "c.mid") for arg in ("--automation", str(tmp_path / name))]
    options += ["--midi-cc", "7=hall.mix:0..0.5"]
    assert main(["apply", str(source), str(tmp_path / "out.wav"), hall, *options]) == 0
    expected = Board([load(hall, mix=0.5, decay=0.5)], mix=0.25).render(tone(0.5, 44100), 44100)
    assert np.abs(read(tmp_path / "out.wav")[0] - expected).max() <= 1e-6


def test_a_take_brings_its_board(hall: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.wav", tone(0.5, 44100), bit_depth=32)
    board = Board([load(hall, mix=0.7)])
    take = tmp_path / "take.jsonl"
    take.write_text(take_header(44100, board.to_json()) + take_event(9000, f"{hall}.mix", 0.1))
    assert main(["apply", str(source), str(tmp_path / "out.wav"), "--automation", str(take)]) == 0
    expected = board.render(tone(0.5, 44100), 44100, automation=read_automation(take))
    assert np.array_equal(read(tmp_path / "out.wav")[0], expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no chain: write it after the output"),
        (["hall", "--automation", "bad.csv"], "bad.csv, line 3: mix = 2 is out of range"),
        (["hall", "--automation", "name.csv"], "name.csv, line 1: hall has no parameter 'mux'"),
        (["hall", "--automation", "bad.jsonl"], "bad.jsonl, line 2: mix: expected a number, got 'x'"),
        (["hall", "--automation", "good.csv", "--automation", "good.csv"], "hall.mix is moved by good.csv, line 1 too"),
        (["hall", "--midi-cc", "7=hall.mix"], "pass that file to --automation"),
        (["hall", "--midi-cc", "7:hall.mix"], "MIDI map '7:hall.mix': write [CHANNEL/]CC="),
    ],
)
def test_automation_mistakes(
    arguments: list[str],
    message: str,
    hall: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("time_s,hall.mix\n0,0\n1,2\n")
    Path("name.csv").write_text("time_s,hall.mux\n0,0\n")
    Path("good.csv").write_text("time_s,hall.mix\n0,0\n")
    Path("bad.jsonl").write_text('\n{"time_s": 0, "target": "hall.mix", "value": "x"}\n')
    write(Path("in.wav"), tone(0.1, 44100))
    assert main(["apply", "in.wav", "out.wav", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("out.wav").exists()


def test_clipping_is_reported(hall: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.wav", tone(0.3, 44100, level=0.9))
    assert main(["apply", str(source), str(tmp_path / "out.wav"), f"{hall}:output_gain=12"]) == 0
    assert "samples clipped, the peak was +" in capsys.readouterr().err
    assert main(["apply", str(source), str(tmp_path / "out.wav"), f"{hall}:output_gain=12", "--bit-depth", "32"]) == 0
    assert "clipped" not in capsys.readouterr().err


def _nan_file(path: Path) -> Path:
    audio = tone(0.3, 44100, channels=2)
    audio[1, 4410] = np.nan
    return write(path, audio, bit_depth=32)


MISTAKES = {
    "missing file": (lambda d: d / "absent.wav", "out.wav", "hall", "absent.wav: no such file"),
    "a folder": (lambda d: d, "out.wav", "hall", "is a folder"),
    "text file": (lambda d: _text(d), "out.wav", "hall", "text.wav: not an audio file"),
    "empty file": (lambda d: _touch(d), "out.wav", "hall", "empty (0 bytes)"),
    "no samples": (lambda d: write(d / "none.wav", np.zeros((1, 0), np.float32)), "out.wav", "hall", "holds no audio"),
    "nan": (lambda d: _nan_file(d / "nan.wav"), "out.wav", "hall", "NaN or infinity at 0.100 s, channel 2"),
    "unknown effect": (None, "out.wav", "hal", "no effect is called 'hal'; did you mean 'hall'"),
    "unknown parameter": (None, "out.wav", "hall:mixx=1", "did you mean 'mix'"),
    "out of range": (None, "out.wav", "hall:mix=2", "mix = 2 is out of range; the range is 0 to 1"),
    "no folder": (None, "absent/out.wav", "hall", "does not exist; make it first"),
    "bad format": (None, "out.txt", "hall", "unknown output format '.txt'; use .wav"),
    "bad chain": (None, "out.wav", "hall |", "empty part"),
}


def _text(folder: Path) -> Path:
    path = folder / "text.wav"
    path.write_text("this is not audio")
    return path


def _touch(folder: Path) -> Path:
    path = folder / "empty.wav"
    path.touch()
    return path


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_exit_2_and_nothing_left(
    name: str, hall: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, out, chain, message = MISTAKES[name]
    source = make(tmp_path) if make else write(tmp_path / "in.wav", tone(0.3, 44100))
    folder = tmp_path / "results"
    folder.mkdir()
    assert main(["apply", str(source), str(folder / out), chain]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("ddsp-fx: ")
    assert error.count("\n") == 1
    assert not list(folder.iterdir())


def test_a_failed_run_leaves_the_old_output(hall: str, tmp_path: Path) -> None:
    out = write(tmp_path / "out.wav", tone(0.1, 44100))
    before = out.read_bytes()
    assert main(["apply", str(_nan_file(tmp_path / "nan.wav")), str(out), hall]) == 2
    assert out.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["nan.wav", "out.wav", "place"]


def test_a_full_disk_is_reported(hall: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """RLIMIT_FSIZE makes write() fail as on a full disk, in a separate process."""
    import subprocess
    import sys

    source = write(tmp_path / "in.wav", tone(5.0, 44100))
    (tmp_path / "results").mkdir()
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "from ddsp_fx.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["apply", str(source), str(tmp_path / "results" / "out.wav"), hall]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stderr
    assert not list((tmp_path / "results").iterdir())
