# SPDX-License-Identifier: GPL-3.0-or-later
"""A board that can be saved and reopened, and an engine without a clock."""

from collections.abc import Callable
from pathlib import Path

import pedalboard
import pytest
from support import write_bundle

from ddsp_fx import Board, load
from ddsp_fx_bridge.engine import Engine, Layout

RATE = 48000
BLOCK = 256


@pytest.fixture(scope="session")
def hall_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bundles with the learned reverb `hall`."""
    place = tmp_path_factory.mktemp("place")
    write_bundle(place / "hall")
    return place


@pytest.fixture
def make_board(hall_place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Board]:
    """hall (learned) and Gain (pedalboard's own)."""
    monkeypatch.setenv("DDSP_FX_PATH", str(hall_place))
    return lambda: Board([load("hall"), pedalboard.Gain(0)])


@pytest.fixture
def engine(make_board: Callable[[], Board]) -> Engine:
    """One track, 48 kHz, blocks of 256."""
    engine = Engine(Layout(RATE, BLOCK, 2))
    engine.add_track(make_board())
    return engine
