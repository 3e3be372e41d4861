# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test gets its own desk."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddsp_fx_bridge.engine import Engine
from serve.osc.desk import Desk


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


@pytest.fixture(autouse=True)
def _no_loop_left() -> Iterator[None]:
    yield
    asyncio.set_event_loop(None)
