# SPDX-License-Identifier: GPL-3.0-or-later
"""No take is overwritten, and the take of a killed engine is found at the next start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.automation import read_take
from ddsp_fx.errors import RefusedError
from ddsp_fx.files.replace import PREFIX
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.studio import Studio
from serve.engine.blocks import mix, noise, run


def studio(engine: Engine, folder: Path) -> Studio:
    return Studio(engine, Library(folder / "boards", ".json"), Library(folder / "takes", ".jsonl"))


def test_a_second_take_of_a_name_gets_a_number(engine: Engine, tmp_path: Path) -> None:
    desk = studio(engine, tmp_path)
    for expected in ("solo", "solo-2", "solo-3"):
        assert desk.record(1, "solo").stem == expected
        assert desk.take_state(1) == f"recording {expected}"
        engine.change([mix(0.3)])
        run(engine, noise(1024))
        desk.stop_take(1)
    assert desk.takes.names() == ["solo", "solo-2", "solo-3"]


def test_a_name_that_is_taken_while_it_is_recorded_is_not_written_over(engine: Engine, tmp_path: Path) -> None:
    desk = studio(engine, tmp_path)
    desk.record(1, "solo")
    (tmp_path / "takes" / "solo.jsonl").write_text("of another engine")
    desk.stop_take(1)
    assert (tmp_path / "takes" / "solo.jsonl").read_text() == "of another engine"
    assert desk.takes.names() == ["solo", "solo-2"]


@given(st.from_regex(r"[A-Za-z0-9]{1,64}", fullmatch=True), st.integers(1, 12))
def test_every_unused_name_is_a_name(tmp_path_factory: pytest.TempPathFactory, name: str, count: int) -> None:
    library = Library(tmp_path_factory.mktemp("takes"), ".jsonl")
    try:
        library.path(name)
    except RefusedError:
        return  # a device name on Windows
    for _ in range(count):
        library.unused(name).touch(exist_ok=False)
    assert len(library.names()) == count


RECORDING = """
import sys, time; from pathlib import Path; import numpy as np
from ddsp_fx import Board
from ddsp_fx_bridge.engine import Change, Engine, Layout
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.studio import Studio
engine = Engine(Layout(48000.0, 256, 2)); engine.add_track(Board())
desk = Studio(engine, Library(Path(sys.argv[1]) / "boards", ".json"), Library(Path(sys.argv[1]) / "takes", ".jsonl"))
desk.record(1, "solo")
for value in (0.2, 0.4, 0.6):
    engine.change([Change(1, "", "mix", value)])
    for _ in range(8): engine.process(np.zeros((2, 256), np.float32))
    desk.tick()
print("ready", flush=True); time.sleep(60)
"""


def test_the_take_of_a_killed_engine_is_there_at_the_next_start(engine: Engine, tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", RECORDING, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    assert studio(engine, tmp_path).takes.names() == []  # it is still being recorded
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    (part,) = (tmp_path / "takes").iterdir()
    with part.open("a") as file:
        file.write('{"cut off')
    assert studio(engine, tmp_path).takes.names() == ["solo"]
    events = read_take(tmp_path / "takes" / "solo.jsonl").automation.events(engine.track(1).board[:0], 48000.0, 48000)
    assert [value for *_, value in events][-1] == 0.6


def test_what_a_killed_engine_left_of_a_board_is_swept(tmp_path: Path) -> None:
    library = Library(tmp_path, ".json")
    left = tmp_path / f"{PREFIX}0123-old.json"
    left.write_text("{")
    os.utime(left, (1e9, 1e9))
    new = tmp_path / f"{PREFIX}0123-new.json"
    new.write_text("{")
    library.write("board", "{}")
    assert (left.exists(), new.exists(), library.names()) == (False, True, ["board"])
