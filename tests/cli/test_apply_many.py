# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx apply` with many files: the same bytes as one by one, and one bad file does not affect the others."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import install, tone, write_bundle

from ddsp_fx.cli import main

RATE = 44100
# A kind of effect that crashes its process on loud sound, as a faulty native plugin might.
FATAL = """
import os

from ddsp_fx.effects.base import Effect


class Fatal(Effect):
    kind = "fatal"

    @classmethod
    def from_source(cls, source, **values):
        return cls(**values)

    def _process(self, block):
        if abs(block).max(initial=0.0) > 0.25:
            os._exit(9)
        return block
"""
BUNDLE = """
schema_version = 1
id = "org.example.fatal"
name = "Fatal"
version = "1.0.0"
licence = "CC0-1.0"
authors = ["A. Tester"]
files = {}
effects = [{ kind = "fatal", symbol = "fatal", name = "Fatal", files = {} }]
"""


def write(path: Path, f0_hz: float, level: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with AudioFile(str(path), "w", RATE, 1, bit_depth=24) as file:
        file.write(np.asarray(level * tone(0.4, RATE, f0_hz)[:1], np.float32))
    return path


@pytest.fixture
def stems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three recordings, one of them in a subfolder, and a file that is not audio; the room `hall` is installed."""
    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    for number, name in enumerate(("a.wav", "b.flac", "below/c.aiff")):
        write(tmp_path / "stems" / name, 220.0 * (number + 1))
    (tmp_path / "stems" / "notes.txt").write_text("loud, please")
    (tmp_path / "stems" / "._a.wav").write_bytes(b"twin")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "stems"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.usefixtures("stems")
def test_any_number_of_processes_gives_the_same_bytes_as_one_by_one() -> None:
    assert main(["apply", "stems", "--to", "one", "hall:mix=0.5", "--jobs", "1"]) == 0
    assert main(["apply", "hall:mix=0.5", "--jobs", "2", "--to", "two"]) == 2
    assert main(["apply", "stems", "--jobs", "2", "--to", "two", "hall:mix=0.5"]) == 0
    assert sorted(contents(Path("one"))) == ["a.wav", "b.flac", "below/c.aiff"]
    assert contents(Path("one")) == contents(Path("two"))
    assert main(["apply", "stems/b.flac", "alone.flac", "hall:mix=0.5"]) == 0
    assert Path("alone.flac").read_bytes() == Path("one/b.flac").read_bytes()


@pytest.mark.usefixtures("stems")
def test_patterns_and_suffixes_and_formats_that_are_read_only() -> None:
    Path("stems/below/c.aiff").rename("stems/below/c.aif")
    words = ["apply", "stems/*.wav", "stems/**/*.aif", "hall", "--to", "out", "--suffix", "_wet"]
    assert main(words) == 0
    assert sorted(contents(Path("out"))) == ["a_wet.wav", "c_wet.aiff"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_bad_file_is_told_at_the_end_and_the_rest_is_done(
    stems: Path, jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (stems / "a.wav").read_bytes()
    (stems / "a.wav").write_bytes(whole[: len(whole) // 2])
    command = ["apply", "stems/a.wav", "stems/b.flac", "stems/below/c.aiff", "hall", "--to", "out", "--jobs", jobs]
    assert main([*command, "--json"]) == 1
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert [Path(entry["input"]).name for entry in told["failed"]] == ["a.wav"]
    assert {Path(entry["output"]).name for entry in told["files"]} == {"b.flac", "c.aiff"}
    assert "stems/a.wav" in captured.err
    assert "--salvage" in captured.err
    assert sorted(contents(Path("out"))) == ["b.flac", "c.aiff"]
    assert main([*command, "--skip-existing", "--salvage"]) == 0
    assert "1 of 3 files to out, 2 skipped" in capsys.readouterr().out


def test_outputs_that_exist_are_left_unless_they_are_asked_for(stems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("out/a.wav"), 880.0)
    mine = Path("out/a.wav").read_bytes()
    assert main(["apply", "stems", "hall", "--to", "out"]) == 2
    assert "1 of 3 outputs exist already, such as out/a.wav; --skip-existing" in capsys.readouterr().err
    assert contents(Path("out")) == {"a.wav": mine}
    assert main(["apply", "stems", "hall", "--to", "out", "--skip-existing"]) == 0
    assert Path("out/a.wav").read_bytes() == mine
    assert main(["apply", "stems", "hall", "--to", "out", "--replace"]) == 0
    assert Path("out/a.wav").read_bytes() != mine


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["stems", "hall", "--to", "stems"], "is one of the inputs"),
        (["stems", "hall", "--to", "stems", "--replace"], "is one of the inputs"),
        (["stems", "other/a.wav", "hall", "--to", "out"], "have the same output out/a.wav"),
        (["stems", "hall", "--to", "stems/a.wav"], "is a file; give a folder"),
        (["nothing.wav", "hall", "--to", "out"], "nothing.wav: no such file, folder or pattern"),
        (["*.mp3", "hall", "--to", "out"], "*.mp3: no such file, folder or pattern"),
        (["stems", "--to", "out"], "needs an input and a chain"),
        (["stems/a.wav", "stems/b.flac", "out.wav", "hall"], "4 words are given, and no --to FOLDER"),
        (["stems/a.wav", "other/a.wav", "hall", "--skip-existing"], "--skip-existing needs --to FOLDER"),
        (["stems/a.wav", "new.wav", "hall", "--suffix", "_wet"], "--suffix needs --to FOLDER"),
        (["stems", "hall", "--to", "out", "--suffix", "/../x"], "a file's name cannot hold '/'"),
        (["stems", "hall", "--to", "out", "--suffix", "a\\b"], "a file's name cannot hold"),
        (["stems", "hall", "--to", "out", "--skip-existing", "--replace"], "give one of the two"),
        (["stems", "hal", "--to", "out"], "did you mean 'hall'"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_done(
    stems: Path, words: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(Path("other/a.wav"), 500.0)
    before = contents(Path())
    assert main(["apply", *words]) == 2
    assert part in capsys.readouterr().err
    assert contents(Path()) == before


def test_a_dry_run_says_what_would_be_done_and_does_nothing(stems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(Path())
    assert main(["apply", "stems", "hall", "--to", "out", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "stems/below/c.aiff -> out/below/c.aiff: 0.40 s" in out
    assert "through hall" in out
    (stems / "a.wav").write_bytes(b"RIFF")
    assert main(["apply", "stems/a.wav", "stems/b.flac", "hall", "--to", "out", "--dry-run", "--json"]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert ["error" in entry for entry in files] == [True, False]
    (stems / "a.wav").write_bytes(before["stems/a.wav"])
    assert contents(Path()) == before


def test_a_process_that_dies_takes_its_own_file_along_alone(
    stems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fatal_kind.py").write_text(FATAL)
    (tmp_path / "place" / "fatal").mkdir()
    (tmp_path / "place" / "fatal" / "bundle.toml").write_text(BUNDLE)
    install(tmp_path, "fatal", {"ddsp_fx.effects": {"fatal": "fatal_kind:Fatal"}})
    monkeypatch.syspath_prepend(tmp_path)
    write(stems / "b.flac", 440.0, level=1.0)
    assert main(["apply", "stems", "fatal", "--to", "out", "--jobs", "2"]) == 1
    assert "stems/b.flac: its process crashed" in capsys.readouterr().err
    assert {name for name in contents(Path("out")) if not name.startswith(".")} == {"a.wav", "below/c.aiff"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no TERM")
def test_what_is_told_to_end_leaves_nothing_half_written(stems: Path) -> None:
    with AudioFile("long.wav", "w", RATE, 1) as file:
        file.write(np.zeros((1, 3000 * RATE), np.float32))
    os.link("long.wav", "longer.wav")
    words = [sys.executable, "-m", "ddsp_fx.cli", "apply", "long.wav", "longer.wav", "violin", "--to", "out"]
    process = subprocess.Popen([*words, "--jobs", "2", "--quiet"], stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        if len(list(Path("out").glob(".*"))) == 2:
            break
        time.sleep(0.05)
    assert len(list(Path("out").glob(".*"))) == 2
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60) == (None, "ddsp-fx: interrupted; no incomplete files are left\n")
    assert process.returncode == 128 + signal.SIGTERM
    for _ in range(200):
        if not list(Path("out").iterdir()):
            return
        time.sleep(0.05)
    raise AssertionError(list(Path("out").iterdir()))
