# SPDX-License-Identifier: GPL-3.0-or-later
"""File names that consoles cannot show or would obey, and other files next to recordings in a folder."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from files.sounds import encoded, put, read, voice
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.cli import main
from ddsp_fx.errors import AudioError, TrainingError
from ddsp_fx.files.folder import Passed, audio_in, passed_over
from ddsp_fx.files.names import printable
from ddsp_fx.training.data.recordings import find_recordings

SOUND = encoded(voice(0.5), "wav")
NAMES = [b"a\nb", b"a\x1b[31mb", b"\xff\xfe", "é🎻".encode(), b"-x", b"--salvage", b" x ", b"[x]", b"\rx"]
NAMES.append("\u202egnp".encode())


@given(st.binary(min_size=1, max_size=40))
def test_any_name_becomes_one_line_of_plain_text(raw: bytes) -> None:
    text = printable(os.fsdecode(raw))
    text.encode("utf-8")
    assert len(text.splitlines()) <= 1
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in text)


@given(st.sampled_from("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
def test_nothing_turns_the_text_around(control: str) -> None:
    """All characters of Unicode's Bidi_Control (PropList.txt)."""
    assert printable(f"a{control}b") == f"a\\u{ord(control):04x}b"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M", "Zs"]), max_size=40))
def test_a_harmless_name_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names themselves")
@pytest.mark.parametrize("raw", NAMES, ids=repr)
def test_such_names_in_commands(raw: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Reading, writing, refusing, reports as text and JSON, scanning: always one clean line."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw))
    folder.mkdir()
    name = os.fsdecode(raw) + ".wav"
    source, out, cut = folder / name, folder / f"out{name}", folder / f"cut{name}"
    put(source, SOUND)
    put(cut, SOUND[: len(SOUND) // 2])
    assert main(["apply", str(source), str(out), "Gain:gain_db=0", "--json"]) == 0
    _clean(capfd, as_json=True)
    assert read(out)[0].shape == voice(0.5).shape
    for arguments in (["apply", str(cut), str(out), "Gain"], ["apply", str(folder / "no"), str(out), "Gain"]):
        assert main(arguments) == 2
        _clean(capfd, lines=1)
    assert main(["validate", str(source)]) == 1
    _clean(capfd)
    assert len(audio_in(folder)[0]) == 3
    main(["evaluate", "violin", str(folder), "--tracker", "mcleod"])
    _clean(capfd, lines=1)


def _clean(capfd: pytest.CaptureFixture[str], lines: int | None = None, as_json: bool = False) -> None:
    out, err = capfd.readouterr()
    assert "\x1b" not in out + err
    assert "\r" not in out + err
    (out + err).encode("utf-8")
    assert lines is None or err.count("\n") == lines, err
    if as_json:
        json.dumps(json.loads(out), ensure_ascii=False).encode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="a locale of Linux")
def test_a_console_without_the_letters(tmp_path: Path) -> None:
    """A name of undecodable bytes after `--`, on an ASCII console."""
    (tmp_path / "é.wav").write_bytes(SOUND)
    environment = os.environ | {"LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "ddsp_fx.cli", "apply", "--", "é.wav", "-é.wav", "Gain:gain_db=0"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"\\xc3\\xa9.wav" in done.stdout or b"\\xe9.wav" in done.stdout
    assert (tmp_path / "-é.wav").is_file()


@pytest.fixture
def littered(tmp_path: Path) -> Path:
    """Two recordings, and everything that lies next to recordings in real folders."""
    folder = tmp_path / "recordings"
    for place in ("", ".Trashes", "__MACOSX", "deep/er"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    put(folder / "a.wav", SOUND)
    put(folder / "deep/er/B.WAV", SOUND)
    litter = "._a.wav", ".hidden.wav", ".Trashes/c.wav", "__MACOSX/d.wav", "a.wav~", "a.wav.bak", "a.bak", "x.wav.part"
    for name in litter:
        put(folder / name, SOUND)
    put(folder / "empty.wav", b"")
    put(folder / "text.wav", b"this is no audio")
    put(folder / "song.m4a", b"\0\0\0\x20ftypM4A " + bytes(100))
    put(folder / "notes.txt", b"monday")
    put(folder / "no samples.wav", encoded(voice(0.0), "wav"))
    if os.name == "posix":
        (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
        os.mkfifo(folder / "pipe.wav")
    return folder


def test_every_scan_skips_alike_and_names(littered: Path) -> None:
    found, passed = audio_in(littered)
    assert [path.name for path in found] == ["a.wav", "B.WAV"]
    assert find_recordings(littered) == found
    reasons = {str(item.path.relative_to(littered)): item.reason for item in passed}
    assert reasons["._a.wav"] == "an AppleDouble twin"
    assert reasons[".Trashes/c.wav"] == reasons["__MACOSX/d.wav"] == reasons[".hidden.wav"] == "hidden"
    assert reasons["a.wav~"] == reasons["a.wav.bak"] == reasons["a.bak"] == reasons["x.wav.part"] == "a backup"
    assert reasons["empty.wav"] == "the file is empty (0 bytes)"
    assert reasons["text.wav"].startswith("not an audio file")
    assert reasons["no samples.wav"] == "the file holds no audio (0 samples)"
    assert reasons["notes.txt"] == reasons["song.m4a"] == "not audio"
    if os.name == "posix":
        assert reasons["gone.wav"] == "a dangling link"
        assert reasons["pipe.wav"] == "not a regular file"
    assert len(found) + len(passed) == sum(not path.is_dir() for path in littered.rglob("*"))
    assert passed_over(passed, littered).startswith(f"skipped {len(passed)} files: ")


@pytest.mark.parametrize("place", ["$RECYCLE.BIN/S-1-5", "#recycle", "@eaDir/a.wav", "lost+found", "__macosx"])
def test_a_system_s_own_folders_hold_no_recordings(place: str, tmp_path: Path) -> None:
    """Especially deleted recordings must not be used for training."""
    (tmp_path / place).mkdir(parents=True)
    put(tmp_path / place / "thrown away.wav", SOUND)
    put(tmp_path / "a.wav", SOUND)
    found, passed = audio_in(tmp_path)
    assert [path.name for path in found] == ["a.wav"]
    assert [item.reason for item in passed] == ["hidden"]


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_to_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name, target in (("linked", tmp_path / "elsewhere"), ("round", Path()), ("gone", tmp_path / "nowhere")):
        (folder / name).symlink_to(target)
    put(tmp_path / "elsewhere/b.wav", SOUND)
    put(folder / "a.wav", SOUND)
    found, passed = audio_in(folder)
    assert [path.name for path in found] == ["a.wav"]
    assert {item.path.name for item in passed} == {"linked", "round", "gone"}
    assert "linked (a link to a folder; name that folder itself)" in passed_over(passed, folder)
    assert audio_in(folder / "linked")[0] == [folder / "linked/b.wav"]


@given(litter=st.integers(0, 40), broken=st.integers(1, 8))
def test_a_broken_recording_is_named_among_any_litter(litter: int, broken: int) -> None:
    passed = [Passed(Path(f"._{number}.wav"), "an AppleDouble twin") for number in range(litter)]
    passed += [Passed(Path(f"take {number}.wav"), "not an audio file") for number in range(broken)]
    text = passed_over(passed)
    assert all(f"take {number}.wav (not an audio file)" in text for number in range(broken))


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of POSIX")
def test_what_is_there_is_not_called_missing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "gone.wav").symlink_to("nowhere.wav")
    for name in ("pipe.wav", "gone.wav"):
        with pytest.raises(AudioError, match="is neither a file nor a folder of recordings"):
            audio_in(tmp_path / name)


def test_evaluate_and_train_say_the_same(littered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "violin", str(littered), "--tracker", "mcleod"]) == 0
    heard = capsys.readouterr()
    assert "a.wav" in heard.out
    assert "B.WAV" in heard.out
    pytest.importorskip("keras")
    main(["train", str(littered), "--check", "--name", "x", "--sample-rate", "16000", "--run-dir", str(tmp_path / "r")])
    trained = [line for line in capsys.readouterr().err.splitlines() if "skipped" in line]
    assert trained == [line for line in heard.err.splitlines() if "skipped" in line]
    assert len(trained) == 1


def test_nothing_but_litter_is_an_error_that_says_so(tmp_path: Path) -> None:
    put(tmp_path / "._a.wav", SOUND)
    put(tmp_path / "b.wav", b"")
    for find, error in ((audio_in, AudioError), (find_recordings, TrainingError)):
        with pytest.raises(error, match=r"._a\.wav \(an AppleDouble twin\), b\.wav \(the file is empty"):
            find(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(AudioError, match="no such file or folder"):
        audio_in(tmp_path)
