# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Tab key gives, asked of chains directly and of real shells on a terminal."""

import os
import select
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.bundles import discover, load
from ddsp_fx.cli import main
from ddsp_fx.cli.chain_words import chain_words
from ddsp_fx.cli.commands.completion import INSTALLING, SHELLS

pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")

# What is typed, and what then stands there.
LINES = {
    "ddsp-fx ap": "ddsp-fx apply ",
    "ddsp-fx info violin-full-r": "ddsp-fx info violin-full-room",
    "ddsp-fx apply in.wav out.wav 'violin:preset=vocal | violin-ro": "'violin:preset=vocal | violin-room'",
    "ddsp-fx play in.wav violin:pit": "ddsp-fx play in.wav violin:pitch_shift=",
    "ddsp-fx evaluate violin in.wav --tracker sw": "--tracker swift",
    "ddsp-fx apply a.wav b.wav --to out 'violin:pit": "'violin:pitch_shift=",
    "ddsp-fx daw reaper --port 9001 out violin:pit": "out violin:pitch_shift=",
    "ddsp-fx compare a.wav b.wav --rep": "--replace",
}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", "violin"),
        ("violin", "violin:"),
        ("violin|vio", "violin|violin-room"),
        ("violin|", "violin| violin-room"),
        ("Compressor:ratio=4 | violin:pit", "Compressor:ratio=4 | violin:pitch_shift="),
        ("violin:pitch_shift=24,preset=vo", "violin:pitch_shift=24,preset=vocal"),
        ("violin:tracker=s", "violin:tracker=swift"),
        ("violin:room=o", "violin:room=off"),
        ("violin:register=m", "violin:register=match"),
        ("LadderFilter:mode=HPF", "LadderFilter:mode=HPF24"),
        ("Compressor:rat", "Compressor:ratio="),
    ],
)
def test_a_chain_goes_on(typed: str, offered: str) -> None:
    assert offered in chain_words(typed)


def test_what_is_set_already_is_not_offered_again() -> None:
    assert "violin:mix=1,mix=" not in chain_words("violin:mix=1,")
    assert "violin:mix=1,room=" in chain_words("violin:mix=1,")


@given(
    st.text(st.sampled_from("violn:=,| -roCmpesx"), max_size=30) | st.sampled_from(["nobody:", "nobody:x=", ":", "="])
)
def test_every_offer_begins_with_what_was_typed(text: str) -> None:
    assert all(offer.startswith(text) and offer != text for offer in chain_words(text) if offer != text)


def test_every_effect_offers_all_its_parameters() -> None:
    for symbol in discover().symbols():
        expected = {f"{symbol}:{parameter}=" for parameter in load(symbol).parameters}
        assert expected <= set(chain_words(f"{symbol}:"))


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command: list[str], home: Path) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 200))
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        environment = {
            **os.environ,
            "HOME": str(home),
            "PATH": path,
            "TERM": "dumb",
            "PS1": "ready> ",
            "PROMPT": "ready> ",
        }
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=home, start_new_session=True
        )
        os.close(slave)
        self.read_until("ready> ")

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read_until(self, wanted: str, most_s: float = 20.0) -> str:
        seen, end = "", time.monotonic() + most_s
        while wanted not in seen and time.monotonic() < end:
            if select.select([self._master], [], [], 0.1)[0]:
                seen += os.read(self._master, 65536).decode(errors="replace")
        return seen

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.fixture(params=["bash", "zsh"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    """A shell whose start-up file was written as the help says."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    assert main(["completion", request.param]) == 0
    (tmp_path / f".{request.param}rc").write_text(f"{capsys.readouterr().out}\nPROMPT='ready> ' PS1='ready> '\n")
    shell = Terminal([request.param, "-i"], tmp_path)
    yield shell
    shell.close()


def test_the_tab_key_in_a_shell(terminal: Terminal) -> None:
    for typed, expected in LINES.items():
        terminal.type(f"{typed}\t")
        assert expected in terminal.read_until(expected)
        # Ctrl-U: an empty line again.
        terminal.type("\x15")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_the_tab_key_in_fish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / ".config" / "fish" / "completions"
    folder.mkdir(parents=True)
    assert main(["completion", "fish"]) == 0
    (folder / "ddsp-fx.fish").write_text(capsys.readouterr().out)
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config"), "PATH": path}
    for typed, expected in (("ddsp-fx ap", "apply"), ("ddsp-fx play a.wav violin:pit", "violin:pitch_shift=")):
        command = ["fish", "-c", f"complete -C '{typed}'"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert expected in done.stdout


def test_a_broken_bundle_says_nothing_while_one_types(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bundle.toml").write_text("schema_version = ")
    line = "ddsp-fx info violin-full-r"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": "bash", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    told = {"_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "answer"), "DDSP_FX_PATH": str(tmp_path)}
    command = [sys.executable, "-m", "ddsp_fx.cli"]
    done = subprocess.run(command, env={**os.environ, **asked, **told}, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "answer").read_text().strip() == "violin-full-room"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_page_installs_it_as_the_help_does(shell: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "command_line.md").read_text(encoding="utf-8")
    line = next(line.strip() for line in INSTALLING.splitlines() if f" {shell} >" in line)
    assert line in page
