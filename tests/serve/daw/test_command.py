# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx daw` for users: files in a folder, one clear line for every mistake."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from support import write_bundle

from ddsp_fx.errors import DdspFxError
from ddsp_fx_bridge.daw import command


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(tmp_path / "place" / "hall")
    monkeypatch.setenv("DDSP_FX_PATH", str(tmp_path / "place"))
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> int:
    parser = ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


@pytest.mark.parametrize("kind", command.WRITERS)
def test_files_are_written_and_named(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--host", "10.0.0.9", "--port", "9100", "--track", "2"]
    assert run(kind, "out", "hall | Gain", "--faders", "hall.mix,hall.decay", *options) == 0
    named = capsys.readouterr().out.split("\n")[:-1]
    assert sorted(named) == sorted(str(path) for path in Path("out").iterdir())
    everything = b"".join(path.read_bytes() for path in Path("out").iterdir() if path.suffix != ".tosc")
    assert b"10.0.0.9" in everything
    assert b"9100" in everything
    assert b"hall/decay" in everything
    assert b"hall/tone" not in everything


def test_bitwigs_resolution_is_the_range() -> None:
    run("bitwig", "out", "hall", "--resolution", "16384")
    assert json.loads(Path("out/bitwig.relay.json").read_text())["routes"][0]["from"] == [0, 16383]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["reaper", "out", "hal"], "no effect is called 'hal'; did you mean 'hall'"),
        (["reaper", "out", "hall", "--faders", "hall.mux"], "no fader is called 'hall.mux'; did you mean 'hall.mix'"),
        (["reaper", "out", "hall", "--track", "0"], "--track 0: tracks count from 1"),
        (["relay", "none.json"], "none.json: cannot be read"),
        (["relay", "place/hall/bundle.toml"], "bundle.toml: not JSON"),
        (["midi", "hall"], "no controllers are assigned"),
        (["midi", "hall", "--midi-cc", "7=hall.mux"], "MIDI map, CC 7: hall has no parameter 'mux'"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(words: list[str], message: str) -> None:
    with pytest.raises(DdspFxError) as error:
        run(*words)
    assert message in str(error.value)
    assert not Path("out").exists()
