# SPDX-License-Identifier: GPL-3.0-or-later
"""A training removes and replaces only what the same run wrote, whatever is at its target."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from support import write_bundle

from ddsp_fx.errors import TrainingError
from ddsp_fx.files.replace import PREFIX
from ddsp_fx.training import run_folder
from ddsp_fx.training.config import make_config
from ddsp_fx.training.export.placement import Placement


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Every path below the folder, with its content or its link's target."""
    paths = sorted(folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix(): (
            str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else "folder"
        )
        for path in paths
    }


def train(place: Placement, **files: str) -> None:
    """What `training.run` does with a place, without the training."""
    with place.held(), place.staging() as staging:
        for name, text in files.items():
            (staging / name).write_text(text)


def _bundle(path: Path) -> None:
    write_bundle(path)


def _songs(path: Path) -> None:
    path.mkdir()
    (path / "song.wav").write_bytes(b"years of work")


def _empty(path: Path) -> None:
    path.mkdir()


def _file(path: Path) -> None:
    path.write_bytes(b"a file")


def _link_to_songs(path: Path) -> None:
    _songs(path.with_name("songs"))
    path.symlink_to(path.with_name("songs"))


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("there", [_bundle, _songs, _empty, _file, _link_to_songs, _dangling])
def test_what_a_run_did_not_write_stays(there: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    there(tmp_path / "out" / "guitar")
    before = snapshot(tmp_path / "out")
    with (
        pytest.raises(TrainingError, match="guitar: "),
        Placement(tmp_path / "out" / "guitar", tmp_path / "run").held(),
    ):
        pytest.fail("the training was begun")
    after = {name: data for name, data in snapshot(tmp_path / "out").items() if not name.endswith(".lock")}
    assert after == before


def test_neighbours_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    _songs(tmp_path / ".guitar-old")
    train(Placement(tmp_path / "guitar", tmp_path / "run"), model="1")
    assert snapshot(tmp_path)["notes.txt"] == b"mine"
    assert snapshot(tmp_path)[".guitar-old/song.wav"] == b"years of work"
    assert (tmp_path / "guitar" / "model").read_text() == "1"


def test_a_run_replaces_its_own_and_what_was_added_stays(tmp_path: Path) -> None:
    place = Placement(tmp_path / "guitar", tmp_path / "run")
    train(place, model="1", old="1")
    (tmp_path / "guitar" / "sub").mkdir()
    (tmp_path / "guitar" / "sub" / "notes.txt").write_text("mine")
    (tmp_path / "guitar" / "card").write_text("also mine")
    (tmp_path / "songs").mkdir()
    (tmp_path / "guitar" / "link").symlink_to(tmp_path / "songs")
    train(place, model="2", card="2")
    found = {path.relative_to(tmp_path / "guitar").as_posix(): path for path in (tmp_path / "guitar").rglob("*")}
    assert {name: path.read_text() for name, path in found.items() if path.is_file()} == {
        "model": "2",
        "card": "2",
        "card.kept": "also mine",
        "sub/notes.txt": "mine",
    }
    assert (tmp_path / "guitar" / "link").readlink() == tmp_path / "songs"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".guitar")] == []


def test_another_run_of_that_name_is_told(tmp_path: Path) -> None:
    train(Placement(tmp_path / "guitar", tmp_path / "run-1"), model="1")
    with pytest.raises(TrainingError, match=r"guitar: exists and is not a bundle of this run; it is left unchanged"):
        train(Placement(tmp_path / "guitar", tmp_path / "run-2"), model="2")
    assert (tmp_path / "guitar" / "model").read_text() == "1"


def test_a_file_that_was_edited_is_not_overwritten(tmp_path: Path) -> None:
    place = Placement(tmp_path / "guitar", tmp_path / "run")
    train(place, model="1", card="1")
    (tmp_path / "guitar" / "card").write_text("with my corrections")
    with pytest.raises(TrainingError, match="card: was changed after this run wrote it"):
        train(place, model="2", card="2")
    assert (tmp_path / "guitar" / "model").read_text() == "1"


def test_the_old_bundle_stands_until_the_new_one_does(tmp_path: Path) -> None:
    place = Placement(tmp_path / "guitar", tmp_path / "run")
    train(place, model="1")

    def fail() -> None:
        with place.held(), place.staging() as staging:
            (staging / "model").write_text("2")
            assert (tmp_path / "guitar" / "model").read_text() == "1"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert snapshot(tmp_path / "guitar") == {"model": b"1"}
    assert not list(tmp_path.glob(".guitar.writing-*"))


def test_a_kill_between_the_two_renames_is_mended_at_the_next_start(tmp_path: Path) -> None:
    place = Placement(tmp_path / "guitar", tmp_path / "run")
    train(place, model="1")
    (tmp_path / "guitar").rename(tmp_path / ".guitar.replaced-0123")
    with place.held():
        assert (tmp_path / "guitar" / "model").read_text() == "1"


def test_two_trainings_of_one_bundle_the_second_is_told(tmp_path: Path) -> None:
    with Placement(tmp_path / "guitar", tmp_path / "run-1").held():
        script = (
            "import sys; from pathlib import Path; from ddsp_fx.training.export.placement import Placement\n"
            "with Placement(Path(sys.argv[1]), Path(sys.argv[2])).held(): pass"
        )
        command = [sys.executable, "-c", script, str(tmp_path / "guitar"), str(tmp_path / "run-2")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "another training is making this bundle" in done.stderr


def test_two_trainings_in_one_run_folder_the_second_is_told(tmp_path: Path) -> None:
    with FileLock(tmp_path / run_folder.LOCK), pytest.raises(TrainingError, match="another training is running in it"):
        run_folder.opened(tmp_path, resume=False).__enter__()


def test_a_run_that_exists_is_only_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(b"an hour's work")
    with pytest.raises(TrainingError, match="contains a run already; continue it with --resume"):
        run_folder.opened(tmp_path, resume=False).__enter__()
    with run_folder.opened(tmp_path, resume=True):
        assert (tmp_path / "checkpoint.npz").read_bytes() == b"an hour's work"


@given(st.sets(st.sampled_from(["losses.csv", "previews.txt", "song.wav", "checkpoint.txt", "losses.png"]), min_size=1))
def test_a_folder_of_other_files_is_no_run_folder(tmp_path_factory: pytest.TempPathFactory, names: set[str]) -> None:
    folder = tmp_path_factory.mktemp("mine")
    for name in names:
        (folder / name).write_text("mine")
    with pytest.raises(TrainingError, match="which no training made"):
        run_folder.opened(folder, resume=False).__enter__()
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(names, "mine")


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    for place in (tmp_path, tmp_path / "cache"):
        (place / f"{PREFIX}abc.npz").write_bytes(bytes(1000))
    (tmp_path / ".mine").write_text("mine")
    with run_folder.opened(tmp_path, resume=False):
        left = {path.name for path in tmp_path.rglob("*")}
    assert left - {run_folder.LOCK} == {"cache", ".mine"}


@pytest.mark.parametrize("name", ["../up", "a/b", "con", "a.", "x\n", "", ".", "a\\b", "\ud800"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(TrainingError, match="name"):
        make_config({"name": name})
