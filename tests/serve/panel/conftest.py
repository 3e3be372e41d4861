# SPDX-License-Identifier: GPL-3.0-or-later
"""A running engine with a steady tone, and a browser with its panel."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import tone

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.doors import ClockDoor
from ddsp_fx_bridge.server import Doors, Server

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    # Without network access, Chromium would otherwise try Google's hosts again and again.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--window-size=1280,1100",
)


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Server]:
    """The tone of `support`, repeated, through hall and Gain."""
    pytest.importorskip("aiohttp")
    pytest.importorskip("pythonosc")
    second = tone(1.0, engine.sample_rate, channels=2)
    place = 0

    def read(n: int) -> Any:
        nonlocal place
        place += n
        return np.take(second, range(place - n, place), axis=1, mode="wrap")

    door = ClockDoor(engine, read)
    with Server(engine, tmp_path / "boards", tmp_path / "takes", Doors(osc_port=0, http_port=0)) as running:
        door.start()
        yield running
        door.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    if BROWSER is None or DRIVER is None:
        pytest.skip("Chromium is not installed: apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_window_size(1280, 1100)
    yield driver
    driver.quit()


@pytest.fixture
def panel(browser: Any, server: Server) -> Any:
    """The panel, with all its controls loaded."""
    from selenium.webdriver.support.wait import WebDriverWait

    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(server.url + "panel/")
    WebDriverWait(browser, 60).until(lambda page: page.find_elements("css selector", ".slot"))
    yield browser
    # Read before the server stops, because closed connections are not the page's errors. A refused file is reported by
    # the page, but also appears in the browser's log.
    lines = [line for line in browser.get_log("browser") if "/api/render" not in line["message"]]
    severe = [line for line in lines if line["level"] == "SEVERE"]
    browser.get("about:blank")
    assert not severe


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; fails after a minute, which is not a measure of speed."""
    import time

    from selenium.common.exceptions import JavascriptException, StaleElementReferenceException

    def wait(condition: Callable[[], object]) -> None:
        for _ in range(600):
            # While the page is rebuilt, old elements are gone and new ones do not exist yet.
            with suppress(JavascriptException, StaleElementReferenceException):
                if condition():
                    return
            time.sleep(0.1)
        assert condition()

    return wait


@pytest.fixture
def board(engine: Engine) -> Board:
    """The board of track 1."""
    return engine.track(1).board
