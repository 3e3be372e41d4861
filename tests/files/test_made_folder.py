# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that fill a folder overwrite only files that they made."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.cli import main
from ddsp_fx.errors import AudioError
from ddsp_fx.files.made_folder import MARK, made_folder

NAMES = st.sets(st.sampled_from(["index.html", "room.png", "sounds/dry.wav", "song.wav"]), min_size=1)


def fill(folder: Path, text: str, *names: str, replace: bool = False) -> None:
    with made_folder(folder, "demo", replace):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MARK)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@given(NAMES)
def test_a_folder_of_somebody_s_files_is_refused_and_stays(
    tmp_path_factory: pytest.TempPathFactory, names: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("mine")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    with pytest.raises(AudioError, match=r"which demo did not make.*--replace"):
        fill(folder, "made", "index.html")
    assert contents(folder) == dict.fromkeys(names, "mine")


def test_what_was_made_may_be_made_again(tmp_path: Path) -> None:
    fill(tmp_path / "out", "one", "index.html", "sounds/dry.wav")
    fill(tmp_path / "out", "two!", "index.html", "more.png")
    assert contents(tmp_path / "out") == {"index.html": "two!", "sounds/dry.wav": "one", "more.png": "two!"}


@pytest.mark.parametrize("name", ["index.html", "notes.txt"])
def test_what_was_changed_or_added_since_is_kept(name: str, tmp_path: Path) -> None:
    fill(tmp_path, "made", "index.html")
    (tmp_path / name).write_text("with my words")
    with pytest.raises(AudioError, match=name):
        fill(tmp_path, "again", "index.html")
    assert (tmp_path / name).read_text() == "with my words"
    fill(tmp_path, "again", "index.html", replace=True)
    assert (tmp_path / "index.html").read_text() == "again"


def test_a_run_that_was_broken_off_can_be_made_again(tmp_path: Path) -> None:
    def broken() -> None:
        with made_folder(tmp_path / "out", "demo"):
            (tmp_path / "out" / "first.wav").write_text("made")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    fill(tmp_path / "out", "again", "first.wav")
    assert contents(tmp_path / "out") == {"first.wav": "again"}


@pytest.mark.parametrize("command", ["demo", "gallery"])
def test_the_commands_ask_first(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text("my page")
    assert main([command, str(tmp_path)]) == 2
    assert f"which {command} did not make" in capsys.readouterr().err
    assert contents(tmp_path) == {"index.html": "my page"}
