# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of other packages: found by entry point, described by their docstring, imported only when chosen."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import install

from ddsp_fx.cli import main
from ddsp_fx.cli.registry import COMMANDS

MODULE = '''"""Says hello.

More of it.
"""


def add_arguments(parser):
    parser.add_argument("--to", default="all")


def run(arguments):
    print("hello", arguments.to)
    return 7
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `greeter` with the command `hello`, as if it were installed."""
    folder = tmp_path / "greeter"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "hello.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    install(
        tmp_path,
        "greeter",
        {COMMANDS.group: {"hello": "greeter.hello", "apply": "greeter.hello", "broken": "greeter.absent"}},
    )
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "greeter"]:
        del sys.modules[name]


def test_the_help_tells_of_it_without_importing_it(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "Says hello\n" in capsys.readouterr().out
    assert not [name for name in sys.modules if name.startswith("greeter")]


def test_it_runs_with_its_own_arguments(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hello", "--to", "you"]) == 7
    assert capsys.readouterr().out == "hello you\n"


def test_what_is_built_in_wins(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["apply", "--help"])
    assert "run audio files through a chain of effects" in capsys.readouterr().out


def test_a_broken_package_is_one_line(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broken"]) == 2
    assert "the command 'broken' cannot be loaded from greeter.absent" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
