# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx vst`: build, install, status, uninstall."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ddsp_fx import __version__
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.link import LinkDoor
from ddsp_fx_bridge.vst import build as building
from ddsp_fx_bridge.vst import command, sources

Run = Callable[..., int]
needs_cmake = pytest.mark.skipif(not shutil.which("cmake"), reason="apt install cmake")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a user without anything installed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DDSP_FX_LINK", str(tmp_path / "run" / "link"))
    monkeypatch.delenv("DDSP_FX_LINK_LATENCY_MS", raising=False)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    def words(*words: str) -> int:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        place = [] if words[0] in ("build", "latency") else ["--user-dir", str(home)]
        return command.run(parser.parse_args([*words, *place]))

    return words


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Plugins as a build leaves them."""
    folder = tmp_path / "made"
    (folder / "ddsp-fx.vst3" / "Contents").mkdir(parents=True)
    (folder / "ddsp-fx.vst3" / "Contents" / "ddsp-fx.so").write_text("new")
    (folder / "ddsp-fx.lv2").mkdir()
    (folder / "ddsp-fx.clap").write_text("new")
    return folder


def test_install_status_uninstall(run: Run, home: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("install", "--from", str(made)) == 0
    assert (home / ".vst3" / "ddsp-fx.vst3" / "Contents" / "ddsp-fx.so").read_text() == "new"
    assert (home / ".lv2" / "ddsp-fx.lv2").is_dir()
    assert (home / ".clap" / "ddsp-fx.clap").is_file()
    words = (home / "data" / "ddsp-fx" / "engine").read_text().splitlines()
    assert words == [sys.executable, "-m", "ddsp_fx.cli", "serve", "--link", "--idle-exit", "60", "--quiet"]
    capsys.readouterr()
    assert run("status") == 0
    said = capsys.readouterr().out
    assert f"clap:   {home}/.clap/ddsp-fx.clap, version {__version__}" in said
    assert "-m ddsp_fx.cli serve --link" in said
    assert "none answers" in said
    assert run("uninstall") == 0
    assert "engine" in capsys.readouterr().out
    assert [path for path in home.rglob("*ddsp-fx.*") if made not in path.parents] == []
    assert run("uninstall") == 0
    assert capsys.readouterr().out == "nothing is installed\n"


def test_one_format_leaves_the_others(run: Run, home: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("install", "--from", str(made), "--format", "vst3,clap")
    assert not (home / ".lv2").exists()
    run("uninstall", "--format", "vst3")
    assert (home / "data" / "ddsp-fx" / "engine").exists()
    capsys.readouterr()
    run("status", "--json")
    found = json.loads(capsys.readouterr().out)
    assert {name: plugin["installed"] for name, plugin in found["plugins"].items()} == {
        "vst3": False,
        "lv2": False,
        "clap": True,
    }
    assert found["start"]["works"] is True


def test_an_update_replaces_what_was_installed_and_nothing_else(run: Run, home: Path, made: Path) -> None:
    (made / "ddsp-fx.vst3" / "left over").write_text("ours")
    run("install", "--from", str(made))
    placed = home / ".vst3" / "ddsp-fx.vst3"
    (placed / "Contents" / "notes.txt").write_text("mine")
    (made / "ddsp-fx.vst3" / "left over").unlink()
    (made / "ddsp-fx.vst3" / "Contents" / "ddsp-fx.so").write_text("newer")
    run("install", "--from", str(made))
    assert [path.name for path in (home / ".vst3").iterdir()] == ["ddsp-fx.vst3"]
    found = {path.relative_to(placed).as_posix(): path.read_text() for path in placed.rglob("*") if path.is_file()}
    assert found == {"Contents/ddsp-fx.so": "newer", "Contents/notes.txt": "mine"}
    run("uninstall")
    assert [path.name for path in placed.rglob("*") if path.is_file()] == ["notes.txt"]


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
@pytest.mark.parametrize("word", ["install", "uninstall"])
def test_what_somebody_else_put_there_stays(word: str, kind: str, run: Run, home: Path, made: Path) -> None:
    placed, elsewhere = home / ".vst3" / "ddsp-fx.vst3", home / "build"
    placed.parent.mkdir()
    elsewhere.mkdir()
    (elsewhere / "work.so").write_text("mine")
    if kind == "folder":
        shutil.copytree(elsewhere, placed)
    elif kind == "file":
        placed.write_text("mine")
    else:
        placed.symlink_to(elsewhere)
    with pytest.raises(EngineError, match="is left unchanged"):
        run(word, *(["--from", str(made)] if word == "install" else []))
    assert (placed if kind == "file" else placed / "work.so").read_text() == "mine"
    assert placed.is_symlink() == (kind == "link")
    assert not (home / ".clap").exists()


def test_what_was_not_made_is_named_before_anything_changes(run: Run, home: Path, made: Path) -> None:
    (made / "ddsp-fx.clap").unlink()
    with pytest.raises(EngineError, match=r"contains no ddsp-fx\.clap"):
        run("install", "--from", str(made))
    assert not (home / ".vst3").exists()
    with pytest.raises(EngineError, match="format 'au' is unknown; choose from vst3, lv2, clap"):
        run("install", "--from", str(made), "--format", "au")


def test_a_folder_that_cannot_be_written_is_named(run: Run, home: Path, made: Path) -> None:
    (home / ".lv2").write_text("a file")
    with pytest.raises(EngineError, match=r"\.lv2.* cannot be written"):
        run("install", "--from", str(made))


def test_status_asks_the_engine(run: Run, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    door = LinkDoor(Engine(), home / "run" / "link", Library(Path("boards"), ".json"))
    door.url = "http://127.0.0.1:9080/"
    door.start()
    try:
        run("status")
    finally:
        door.stop()
    said = capsys.readouterr().out
    assert f"engine: version {__version__} answers at {home}/run/link; panel at http://127.0.0.1:9080/" in said
    assert "plugins cannot start an engine: ddsp-fx vst install" in said


def test_status_as_json_has_the_engine_and_why_none_answers(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("status", "--json")
    engine = json.loads(capsys.readouterr().out)["engine"]
    assert engine == {"socket": str(home / "run" / "link"), "answers": False, "text": "No such file or directory"}


def test_a_python_that_is_gone_is_said(run: Run, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data" / "ddsp-fx").mkdir(parents=True)
    (home / "data" / "ddsp-fx" / "engine").write_text("/no/python\n-m\n")
    (home / "data" / "ddsp-fx" / "plugins.json").write_text("[")
    run("status")
    assert "/no/python does not exist any more: ddsp-fx vst install" in capsys.readouterr().out


def test_just_what_is_missing_is_asked_for(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("cmake", "make", "ninja") else f"/bin/{name}")
    monkeypatch.setenv("DPF_DIR", str(tmp_path))
    with pytest.raises(EngineError, match=r"apt install cmake make dpf-source$"):
        run("build")


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A CMake project for tests instead of the plugin, with all tools present."""

    def written(text: str) -> None:
        (home / "source").mkdir()
        (home / "source" / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.18)\nproject(x NONE)\n{text}"
        )
        monkeypatch.setattr(sources, "missing_packages", list)
        monkeypatch.setattr("ddsp_fx_bridge.vst.sources.source_folder", lambda: home / "source")

    return written


@needs_cmake
def test_a_build_that_fails_shows_the_end_of_its_log(run: Run, project: Callable[[str], None]) -> None:
    project('message(FATAL_ERROR "the moon is full")')
    with pytest.raises(EngineError, match=r"(?s)end of .*build\.log:.*the moon is full"):
        run("build")


@needs_cmake
def test_a_build_says_how_far_it_is(project: Callable[[str], None], home: Path) -> None:
    version = 'file(WRITE "${CMAKE_BINARY_DIR}/bin/version" "${DDSP_FX_VERSION}")\n'
    project(version + "add_custom_command(OUTPUT it COMMAND true)\nadd_custom_target(all_of_it ALL DEPENDS it)")
    told: list[int] = []
    folder = building.build(home / "source", told.append)
    assert (folder / "version").read_text() == __version__
    assert told[-1] == 100
    assert building.build(home / "source", told.append) == folder


@pytest.mark.parametrize(
    ("line", "done"), [("[ 50%] Building CXX", 50), ("[100%] Built", 100), ("[3/4] Linking", 75), ("-- Found", None)]
)
def test_what_make_and_ninja_say(line: str, done: int | None) -> None:
    assert building.percentage(line) == done


def test_the_sources_are_in_the_checkout() -> None:
    assert (sources.source_folder() / "src" / "plugin.cpp").is_file()


def test_no_sources_no_plugin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ddsp_fx_bridge.__file__", str(tmp_path / "ddsp_fx_bridge" / "__init__.py"))
    with pytest.raises(EngineError, match="install ddsp-fx again"):
        sources.source_folder()
    inside = tmp_path / "ddsp_fx_bridge" / "vst_source"
    inside.mkdir(parents=True)
    (inside / "CMakeLists.txt").write_text("")
    assert sources.source_folder() == inside


def test_arguments_are_cheap() -> None:
    heavy = ("numpy", "pedalboard", "ddsp_fx_bridge.link", "platformdirs")
    code = f"import ddsp_fx_bridge.vst.command, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ddsp_fx.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert __version__ in done.stdout


@pytest.mark.slow
def test_the_plugin_is_built(run: Run, home: Path) -> None:
    missing = sources.missing_packages()
    if missing:
        pytest.skip(f"apt install {' '.join(missing)}")
    assert run("install") == 0
    binary = home / ".vst3" / "ddsp-fx.vst3" / "Contents" / f"{os.uname().machine}-linux" / "ddsp-fx.so"
    assert binary.stat().st_size > 100_000
    assert (home / ".lv2" / "ddsp-fx.lv2" / "manifest.ttl").is_file()
    assert (home / ".clap" / "ddsp-fx.clap").is_file()
