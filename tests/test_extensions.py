# SPDX-License-Identifier: GPL-3.0-or-later
"""Outdated or broken packages: each group's other members work, and the broken one is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from support import install

from ddsp_fx import load
from ddsp_fx.analysis.trackers import TRACKERS, describe_trackers, open_tracker
from ddsp_fx.bundles import discover
from ddsp_fx.bundles.kinds import KINDS, effect_kind
from ddsp_fx.cli import main
from ddsp_fx.cli.registry import COMMANDS
from ddsp_fx.effects.hosts import hosted
from ddsp_fx.effects.timbre_transfer import TimbreTransfer
from ddsp_fx.errors import BundleError, DdspFxError, ParameterError
from ddsp_fx.extensions import installed

BROKEN = "raise RuntimeError('a bug in somebody\\'s package')"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In every group, a package that raises when imported, one that no longer exists, and impossible names."""
    (tmp_path / "raises.py").write_text(BROKEN)
    values = {"raises": "raises:Thing", "gone": "absent_package:Thing", "odd": "..", "violin": "raises:Thing"}
    groups = {f"ddsp_fx.{name}": values for name in ("effects", "hosts", "trackers")}
    commands = {name: value.partition(":")[0] for name, value in values.items()} | {"list": "raises"}
    groups |= {"ddsp_fx.bundles": commands, "ddsp_fx.commands": commands}
    install(tmp_path, "broken", groups)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("broken")
def test_bundles_are_found_all_the_same() -> None:
    assert "violin" in discover().symbols()
    assert load("violin-room").name == "violin-room"


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", ["raises", "gone", "odd"])
def test_a_kind_that_does_not_load_is_named(name: str) -> None:
    assert {"timbre_transfer", name} <= set(KINDS.names())
    with pytest.raises(BundleError, match=f"the kind of effect '{name}' cannot be loaded from"):
        effect_kind(name)
    assert effect_kind("timbre_transfer") is TimbreTransfer


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", ["raises", "gone", "odd"])
def test_a_host_that_does_not_load_is_named(name: str) -> None:
    with pytest.raises(DdspFxError, match=f"the host '{name}' cannot be loaded from"):
        hosted(load("violin-room"), name)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", ["raises", "gone", "odd"])
def test_a_tracker_that_does_not_load_is_named(name: str) -> None:
    assert {"mcleod", name} <= set(TRACKERS.names())
    with pytest.raises(ParameterError, match=f"the pitch tracker '{name}' cannot be loaded from"):
        open_tracker(name)
    told = {tracker["name"]: tracker for tracker in describe_trackers()}
    assert "cannot be loaded" in told[name]["problem"]
    assert told["mcleod"]["look_ahead_ms"] == 32.0
    assert open_tracker("mcleod").name == "mcleod"


@pytest.mark.usefixtures("broken")
def test_commands_of_others_work_and_the_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert "violin" in capsys.readouterr().out
    for name in ("raises", "gone", "odd"):
        assert main([name]) == 2
        assert f"the command {name!r} cannot be loaded" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0


def test_what_is_built_in_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.py").write_text(BROKEN)
    install(tmp_path, "aaa", {"ddsp_fx.effects": {"timbre_transfer": "other:Thing"}})
    monkeypatch.syspath_prepend(tmp_path)
    assert effect_kind("timbre_transfer") is TimbreTransfer


@pytest.mark.parametrize("text", ["[ddsp_fx.effects]\nno equals sign\n", "[ddsp_fx.effects\n", "x = y\n", "\0\xff"])
def test_metadata_that_cannot_be_parsed_hides_nobody(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "garbled", {})
    (tmp_path / "garbled-1.0.dist-info" / "entry_points.txt").write_text(text, encoding="latin-1")
    monkeypatch.syspath_prepend(tmp_path)
    assert {"timbre_transfer", "learned_reverb", "dereverb"} <= {point.name for point in installed("ddsp_fx.effects")}
    assert load("violin-room").name == "violin-room"


def test_a_command_that_exits_when_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text("import sys; sys.exit(0)")
    install(tmp_path, "leaves", {"ddsp_fx.commands": {"leaves": "leaves"}})
    command = [sys.executable, "-c", "import sys; from ddsp_fx.cli import main; sys.exit(main(['leaves']))"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the command 'leaves' cannot be loaded from leaves" in done.stderr


def test_no_package_replaces_a_command_of_ours_even_by_another_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "aaa", {"ddsp_fx.commands": {"info": "ddsp_fx.cli.commands.list"}})
    monkeypatch.syspath_prepend(tmp_path)
    assert COMMANDS.check("info").value == "ddsp_fx.cli.commands.info"
