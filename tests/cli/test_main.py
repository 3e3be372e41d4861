# SPDX-License-Identifier: GPL-3.0-or-later
"""The rest of the command line, and the cost of importing it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import write_bundle

import ddsp_fx_plugins
from ddsp_fx.bundles import discover
from ddsp_fx.cli import main
from ddsp_fx.inference import load_runner

HEAVY = ("tensorflow", "keras", "numba", "matplotlib", "scipy", "pydantic")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["apply"],
        ["play"],
        ["compare"],
        ["list"],
        ["info"],
        ["validate"],
        ["evaluate"],
        ["demo"],
        ["gallery"],
        ["vst", "install"],
        ["vst", "build"],
        ["daw", "relay"],
        ["daw", "midi"],
        ["train"],
    ],
)
def test_help_of_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main([*command, "--help"])
    assert exit_info.value.code == 0
    out = capsys.readouterr().out
    assert "usage: ddsp-fx" in out
    # The usage, what the command is for, its arguments.
    assert not out.split("\n\n")[1].startswith(("options:", "positional arguments:"))


@pytest.mark.parametrize(
    "statement", ["import ddsp_fx", "import ddsp_fx.cli", "from ddsp_fx.cli.main import build_parser; build_parser()"]
)
def test_importing_pulls_in_nothing_heavy(statement: str) -> None:
    code = f"{statement}\nimport sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_using_an_effect_needs_no_training_stack(bundle_folder: Path) -> None:
    code = (
        "import sys, numpy as np, ddsp_fx\n"
        "ddsp_fx.load(sys.argv[1])(np.zeros((2, 4800), np.float32), 48000)\n"
        "print([m for m in ('tensorflow', 'keras', 'matplotlib', 'jax') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(bundle_folder)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_list_info_and_validate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    assert main(["list", "--json"]) == 0
    effects = {e["symbol"]: e for e in json.loads(capsys.readouterr().out)["effects"]}
    assert effects["hall"]["kind"] == "learned_reverb"
    assert main(["info", "hall", "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert [p["symbol"] for p in info["parameters"]][:2] == ["mix", "pre_delay"]
    assert info["tail_s"] == pytest.approx(0.25, abs=0.01)
    assert main(["validate", str(tmp_path / "place" / "hall"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["passed"] is True
    for command in (["list"], ["info", "hall"], ["validate", "hall"], ["validate", str(tmp_path / "place" / "hall")]):
        assert main(command) == 0
        assert "hall" in capsys.readouterr().out


@pytest.mark.parametrize("asked", ["", "interpreter"])
def test_what_runs_a_model_is_told(
    asked: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDSP_FX_LITERT", asked)
    runtime = load_runner(Path(ddsp_fx_plugins.__path__[0]) / "violin" / "model.tflite").runtime
    assert runtime.startswith("interpreter (the environment variable DDSP_FX_LITERT") or not asked
    assert main(["info", "violin", "--verbose"]) == 0
    assert f"model run by: {runtime}" in " ".join(capsys.readouterr().out.split())
    assert main(["validate", "violin"]) == 0
    assert runtime in " ".join(capsys.readouterr().out.split())


def test_validate_fails_with_the_reason(bundle_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bundle_folder / "room.wav").write_bytes(b"damaged")
    assert main(["validate", str(bundle_folder)]) == 1
    out = capsys.readouterr().out
    assert "FAIL" in out
    assert "sha256" in out
    assert main(["validate", str(bundle_folder / "absent")]) == 1


def test_validate_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Manifest"


def test_unknown_names_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "trombone"]) == 2
    assert "no effect is called 'trombone'" in capsys.readouterr().err
    assert main(["info", "Compressor"]) == 2
    assert "pedalboard's own, see its documentation; parameters: attack_ms, ratio," in capsys.readouterr().err
    assert main(["aply", "in.wav", "out.wav", "violin"]) == 2
    assert "no command is called 'aply'; did you mean 'apply'" in capsys.readouterr().err


def test_typed_alone_it_shows_what_there_is_and_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "violin-room" in out
    assert "ddsp-fx apply song.wav out.wav violin-room" in out


def test_a_list_fits_eighty_columns_and_keeps_together_what_was_learned_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["list"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, lines)) <= 80
    names = [line.split()[0] for line in lines if line[:4].strip() and line.split()[0] in discover().symbols()]
    assert names == discover().symbols()
    place = next(i for i, line in enumerate(lines) if line.startswith("violin "))
    assert lines[place + 1].startswith("  violin-room ")
    assert main(["list", "--kind", "dereverb", "--json"]) == 0
    assert {effect["kind"] for effect in json.loads(capsys.readouterr().out)["effects"]} == {"dereverb"}
    assert main(["list", "--kind", "learned reverb"]) == 0
    assert "violin-room" in capsys.readouterr().out
    assert main(["list", "--kind", "dereverbs"]) == 2
    assert "did you mean 'dereverb'" in capsys.readouterr().err


def test_long_names_and_reasons_fit_eighty_columns_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "x" * 40
    effect = {"kind": "learned_reverb", "name": "A hall " * 8, "files": {"room": "room"}}
    write_bundle(tmp_path / "right", id="org.example.right", effects=[{**effect, "symbol": name}])
    write_bundle(tmp_path / "wrong", id="org.example.wrong", effects=[{**effect, "symbol": f"{name}y"}])
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert f"{name}  A hall" in out
    assert "at most 40 characters" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_info_speaks_to_a_musician_and_the_rest_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "violin"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "knows A3 to C#6 (220 to 1130 Hz)" in page
    assert "pitch 5 cents off on average, 5.4 % of the frames by more than half a semitone" in page
    assert "heldout" not in page
    assert "pitch tracker mcleod; tracker=NAME chooses another: ddsp-vst:PATH, swift" in page
    assert main(["info", "violin", "--verbose"]) == 0
    assert "heldout_f0_l1_semitones = 0.05417" in capsys.readouterr().out


def test_info_tells_no_range_and_no_pitch_of_a_room(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "violin-room"]) == 0
    page = capsys.readouterr().out
    assert "learned from J. S. Bach" in page
    assert "knows" not in page
    assert "cents" not in page
