# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves in the panel are heard, and moves made elsewhere are shown."""

from typing import Any

import pytest

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.server import Server
from serve.panel.controls import Wait, control, send, text, track_of

pytestmark = pytest.mark.slow


def test_every_parameter_is_there_with_its_text(panel: Any, engine: Engine, board: Board, eventually: Wait) -> None:
    hall = board[0]
    names = [label.text for label in panel.find_elements("css selector", ".slot:first-child label.name")]
    assert names == [parameter.name for parameter in hall.parameters.values()]
    for symbol, parameter in hall.parameters.items():
        expected = parameter.text(engine.track(1).values["hall", symbol])
        eventually(lambda name=parameter.name, expected=expected: text(panel, name) == expected)  # type: ignore[misc]


def test_a_slider_changes_the_sound(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver.common.keys import Keys

    track = engine.track(1)
    eventually(lambda: track.meter_out.levels_db[0] > -40)
    control(panel, "Output gain").send_keys(Keys.HOME)
    eventually(lambda: track.values["hall", "output_gain"] == -60)
    eventually(lambda: track.meter_out.levels_db[0] == -120)
    eventually(lambda: text(panel, "Output gain") == "-60 dB")
    # The page's own meter shows it too.
    eventually(
        lambda: (
            int(panel.find_element("css selector", "[aria-label='Out level']").get_attribute("aria-valuenow")) == -60
        )
    )


def test_osc_moves_the_slider(panel: Any, server: Server, eventually: Wait) -> None:
    before = control(panel, "Decay").get_attribute("value")
    send(server, "/track/1/hall/decay", 2.0)
    eventually(lambda: control(panel, "Decay").get_attribute("value") == "1000")
    assert before != "1000"
    eventually(lambda: text(panel, "Decay") == "2 x")
    send(server, "/track/1/bypass", 1)
    eventually(lambda: control(panel, "Bypass", "Bypass").is_selected())


def test_drag_fine_drag_and_double_click(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    value = lambda: float(engine.track(1).values["hall", "tone"])  # noqa: E731
    bar = track_of(panel, "Tone")
    width = bar.size["width"]
    tenth = round(width / 10)
    # The thumb is in the middle: 0 in -12 to 12.
    ActionChains(panel).move_to_element(bar).click_and_hold().move_by_offset(tenth, 0).release().perform()
    eventually(lambda: value() == pytest.approx(2.4, abs=0.3))
    coarse = value()
    at = round(width * (coarse / 24))
    held = ActionChains(panel).key_down(Keys.SHIFT).move_to_element_with_offset(bar, at, 0).click_and_hold()
    held.move_by_offset(tenth, 0).release().key_up(Keys.SHIFT).perform()
    eventually(lambda: value() == pytest.approx(coarse + 0.24, abs=0.05))
    ActionChains(panel).double_click(bar).perform()
    eventually(lambda: value() == 0)
    # The default is the bundle's, 0.25, not the 0.3 declared by the kind of effect.
    control(panel, "Mix").send_keys(Keys.END)
    eventually(lambda: engine.track(1).values["hall", "mix"] == 1)
    ActionChains(panel).double_click(track_of(panel, "Mix")).perform()
    eventually(lambda: engine.track(1).values["hall", "mix"] == pytest.approx(0.25))


def test_keyboard_and_typed_values(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver.common.keys import Keys

    values = engine.track(1).values
    slider = control(panel, "Pre-delay")
    slider.send_keys(Keys.END)
    eventually(lambda: values["hall", "pre_delay"] == 250)
    slider.send_keys(Keys.ARROW_LEFT)
    eventually(lambda: values["hall", "pre_delay"] == pytest.approx(247.5))
    slider.send_keys(Keys.SHIFT, Keys.ARROW_LEFT)
    eventually(lambda: values["hall", "pre_delay"] == pytest.approx(247.25))
    slider.send_keys(Keys.ENTER)
    panel.switch_to.active_element.send_keys(Keys.CONTROL, "a")
    panel.switch_to.active_element.send_keys("12.5 ms", Keys.ENTER)
    eventually(lambda: values["hall", "pre_delay"] == 12.5)
    eventually(lambda: text(panel, "Pre-delay") == "12.5 ms")
    slider.send_keys(Keys.DELETE)
    eventually(lambda: values["hall", "pre_delay"] == 0)
    # An impossible value is reported, and changes nothing.
    slider.send_keys(Keys.ENTER)
    panel.switch_to.active_element.send_keys(Keys.CONTROL, "a")
    panel.switch_to.active_element.send_keys("900 ms", Keys.ENTER)
    eventually(lambda: "out of range" in panel.find_element("id", "message").text)
    assert values["hall", "pre_delay"] == 0


def test_presets_and_a_b(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver.support.select import Select

    values = engine.track(1).values
    eventually(lambda: panel.find_elements("css selector", ".preset"))
    first = values["hall", "mix"]
    panel.find_element("xpath", "//button[text()='Copy to B']").click()
    panel.find_element("xpath", "//button[@role='radio'][text()='B']").click()
    Select(panel.find_element("css selector", ".preset")).select_by_value("far")
    eventually(lambda: values["hall", "mix"] == 0.8)
    eventually(lambda: text(panel, "Mix") == "0.8")
    for name, mix in (("A", first), ("B", 0.8), ("A", first)):
        panel.find_element("xpath", f"//button[@role='radio'][text()='{name}']").click()
        eventually(lambda mix=mix: values["hall", "mix"] == pytest.approx(mix, abs=1e-6))  # type: ignore[misc]
        eventually(lambda mix=mix: text(panel, "Mix") == f"{mix:g}")  # type: ignore[misc]
