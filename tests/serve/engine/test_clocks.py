# SPDX-License-Identifier: GPL-3.0-or-later
"""If the wall clock is set while music plays, sound continues and nothing is counted as lost."""

import threading
import time

import pytest

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.engine.doors import ClockDoor


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_setting_the_wall_clock_changes_nothing(step_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    offset, real = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: real() + offset[0])
    engine = Engine(Layout(48000.0, 256, 2))
    track = engine.add_track(Board())
    door = ClockDoor(engine)
    door.start()
    _until(lambda: engine.position > 4800)
    offset[0] = step_s
    reached = engine.position
    lost = engine.load.xruns
    _until(lambda: engine.position > reached + 9600)
    # A busy machine may lose blocks; a step of an hour would be counted as 675,000.
    assert engine.load.xruns - lost < 1000
    assert abs(track.clock.sample_at(time.monotonic()) - engine.position) < 48000
    stopping = threading.Thread(target=door.stop)
    stopping.start()
    stopping.join(30.0)
    assert not stopping.is_alive()


def _until(reached: object, most_s: float = 30.0) -> None:
    end = time.monotonic() + most_s
    while not reached():  # type: ignore[operator]
        assert time.monotonic() < end, "the door stood still"
        time.sleep(0.01)
