# SPDX-License-Identifier: GPL-3.0-or-later
"""The control panel in a real browser: what is moved sounds, what sounds is shown, and nobody is left out."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx import Board
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.changes import Change
from ddsp_fx_bridge.server import Doors, Server

pytestmark = pytest.mark.slow
Wait = Callable[[Callable[[], object]], None]
# (label, card): Mix stands on more than one.
SLIDER = """
const card = [...document.querySelectorAll('.card')].find((c) => c.textContent.includes(arguments[1]));
const label = [...card.querySelectorAll('label')].find((l) => l.textContent === arguments[0]);
return document.getElementById(label.htmlFor);
"""


def control(panel: Any, name: str, card: str = "hall") -> Any:
    """The input behind a label."""
    return panel.execute_script(SLIDER, name, card)


def text(panel: Any, name: str) -> str:
    """What a screen reader says of a slider."""
    return str(control(panel, name).get_attribute("aria-valuetext"))


def track_of(panel: Any, name: str) -> Any:
    """What the mouse drags."""
    return panel.execute_script("return arguments[0].parentElement", control(panel, name))


def send(server: Server, address: str, *values: object) -> None:
    from pythonosc.osc_message_builder import build_msg

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.sendto(build_msg(address, list(values)).dgram, ("127.0.0.1", server.osc_port))


def test_every_parameter_is_there_with_its_text(panel: Any, engine: Engine, board: Board, eventually: Wait) -> None:
    hall = board[0]
    names = [label.text for label in panel.find_elements("css selector", ".slot:first-child label.name")]
    assert names == [parameter.name for parameter in hall.parameters.values()]
    for symbol, parameter in hall.parameters.items():
        expected = parameter.text(engine.track(1).values[0, symbol])
        eventually(lambda name=parameter.name, expected=expected: text(panel, name) == expected)  # type: ignore[misc]


def test_a_slider_changes_the_sound(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver.common.keys import Keys

    track = engine.track(1)
    eventually(lambda: track.meter_out.levels_db[0] > -40)
    control(panel, "Output gain").send_keys(Keys.HOME)
    eventually(lambda: track.values[0, "output_gain"] == -60)
    eventually(lambda: track.meter_out.levels_db[0] == -120)
    eventually(lambda: text(panel, "Output gain") == "-60 dB")
    # The page's own meter says so too.
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

    value = lambda: float(engine.track(1).values[0, "tone"])  # noqa: E731
    bar = track_of(panel, "Tone")
    width = bar.size["width"]
    tenth = round(width / 10)
    # The thumb lies in the middle: 0 of -12 to 12.
    ActionChains(panel).move_to_element(bar).click_and_hold().move_by_offset(tenth, 0).release().perform()
    eventually(lambda: value() == pytest.approx(2.4, abs=0.3))
    coarse = value()
    at = round(width * (coarse / 24))
    held = ActionChains(panel).key_down(Keys.SHIFT).move_to_element_with_offset(bar, at, 0).click_and_hold()
    held.move_by_offset(tenth, 0).release().key_up(Keys.SHIFT).perform()
    eventually(lambda: value() == pytest.approx(coarse + 0.24, abs=0.05))
    ActionChains(panel).double_click(bar).perform()
    eventually(lambda: value() == 0)
    # The bundle's own default, 0.25, is home, not the 0.3 that the kind of effect declares.
    control(panel, "Mix").send_keys(Keys.END)
    eventually(lambda: engine.track(1).values[0, "mix"] == 1)
    ActionChains(panel).double_click(track_of(panel, "Mix")).perform()
    eventually(lambda: engine.track(1).values[0, "mix"] == pytest.approx(0.25))


def test_keyboard_and_typed_values(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver.common.keys import Keys

    values = engine.track(1).values
    slider = control(panel, "Pre-delay")
    slider.send_keys(Keys.END)
    eventually(lambda: values[0, "pre_delay"] == 250)
    slider.send_keys(Keys.ARROW_LEFT)
    eventually(lambda: values[0, "pre_delay"] == pytest.approx(247.5))
    slider.send_keys(Keys.SHIFT, Keys.ARROW_LEFT)
    eventually(lambda: values[0, "pre_delay"] == pytest.approx(247.25))
    slider.send_keys(Keys.ENTER)
    panel.switch_to.active_element.send_keys(Keys.CONTROL, "a")
    panel.switch_to.active_element.send_keys("12.5 ms", Keys.ENTER)
    eventually(lambda: values[0, "pre_delay"] == 12.5)
    eventually(lambda: text(panel, "Pre-delay") == "12.5 ms")
    slider.send_keys(Keys.DELETE)
    eventually(lambda: values[0, "pre_delay"] == 0)
    # What cannot be is said, and changes nothing.
    slider.send_keys(Keys.ENTER)
    panel.switch_to.active_element.send_keys(Keys.CONTROL, "a")
    panel.switch_to.active_element.send_keys("900 ms", Keys.ENTER)
    eventually(lambda: "out of range" in panel.find_element("id", "message").text)
    assert values[0, "pre_delay"] == 0


def test_presets_and_a_b(panel: Any, engine: Engine, eventually: Wait) -> None:
    from selenium.webdriver.support.select import Select

    values = engine.track(1).values
    eventually(lambda: panel.find_elements("css selector", ".preset"))
    first = values[0, "mix"]
    panel.find_element("xpath", "//button[text()='Copy to B']").click()
    panel.find_element("xpath", "//button[@role='radio'][text()='B']").click()
    Select(panel.find_element("css selector", ".preset")).select_by_value("far")
    eventually(lambda: values[0, "mix"] == 0.8)
    eventually(lambda: text(panel, "Mix") == "0.8")
    for name, mix in (("A", first), ("B", 0.8), ("A", first)):
        panel.find_element("xpath", f"//button[@role='radio'][text()='{name}']").click()
        eventually(lambda mix=mix: values[0, "mix"] == pytest.approx(mix, abs=1e-6))  # type: ignore[misc]
        eventually(lambda mix=mix: text(panel, "Mix") == f"{mix:g}")  # type: ignore[misc]


def test_boards_are_saved_and_loaded_by_name(panel: Any, engine: Engine, server: Server, eventually: Wait) -> None:
    panel.find_element("xpath", "//button[text()='Save…']").click()
    question = panel.switch_to.alert
    question.send_keys("tonight")
    question.accept()
    eventually(lambda: server.studio.boards.names() == ["tonight"])
    send(server, "/track/1/hall/mix", 0.9)
    eventually(lambda: engine.track(1).values[0, "mix"] == pytest.approx(0.9))
    generation = engine.track(1).generation
    send(server, "/track/1/board/load", "tonight")
    eventually(lambda: engine.track(1).generation > generation)
    # The page is built anew, around the board that came.
    eventually(lambda: text(panel, "Mix") == "0.25")


def test_a_take_is_recorded_and_played(panel: Any, engine: Engine, server: Server, eventually: Wait) -> None:
    from selenium.webdriver.common.keys import Keys

    record = panel.find_element("css selector", ".record")
    record.click()
    question = panel.switch_to.alert
    question.send_keys("first")
    question.accept()
    eventually(lambda: record.text == "Stop")
    control(panel, "Mix").send_keys(Keys.END)
    eventually(lambda: engine.track(1).values[0, "mix"] == 1)
    record.click()
    eventually(lambda: record.text == "Record…")
    assert server.studio.takes.names() == ["first"]
    send(server, "/track/1/hall/mix", 0.5)
    eventually(lambda: text(panel, "Mix") == "0.5")
    play = panel.find_element("xpath", "//button[text()='Play']")
    eventually(play.is_enabled)
    play.click()
    eventually(lambda: text(panel, "Mix") == "1")
    assert engine.track(1).values[0, "mix"] == 1


def test_a_file_is_rendered_and_handed_back(
    panel: Any, board: Board, tmp_path: Path, eventually: Wait, engine: Engine
) -> None:
    audio = tone(0.5, 44100)
    with AudioFile(str(tmp_path / "in.wav"), "w", 44100, 1, bit_depth=32) as file:
        file.write(audio)
    keep = "const make = URL.createObjectURL; URL.createObjectURL = (b) => { window.handed = b; return make(b); };"
    panel.execute_script(keep)
    panel.find_element("css selector", "input[type=file]").send_keys(str(tmp_path / "in.wav"))
    eventually(lambda: panel.find_elements("css selector", ".renders .done a[download]"))
    read = "window.handed.arrayBuffer().then((b) => arguments[0](Array.from(new Uint8Array(b))))"
    (tmp_path / "out.wav").write_bytes(bytes(panel.execute_async_script(read)))
    with AudioFile(str(tmp_path / "out.wav")) as file:
        out = file.read(file.frames)
    expected = Board.from_json(engine.track(1).board_json()).render(audio, 44100)
    assert out.shape == expected.shape
    assert np.abs(out - expected).max() < 1e-6
    (tmp_path / "none.wav").write_bytes(b"no sound")
    panel.find_element("css selector", "input[type=file]").send_keys(str(tmp_path / "none.wav"))
    eventually(lambda: panel.find_elements("css selector", ".renders .failed"))


def test_pitch_spectrum_and_latency_are_shown(panel: Any, engine: Engine, eventually: Wait) -> None:
    # `support.tone` sounds at 220 Hz.
    eventually(lambda: panel.find_element("css selector", ".pitch").text.startswith("220"))
    eventually(lambda: "A3" in panel.find_element("css selector", ".pitch").text)
    drawn = """const c = document.querySelector('.spectrogram-canvas');
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return new Set(Array.from({length: d.length / 4}, (_, i) => d[4 * i])).size;"""
    eventually(lambda: panel.execute_script(drawn) > 30)
    eventually(lambda: panel.find_element("css selector", ".fact").text.startswith("Latency 0.0 ms (0 samples)"))


def test_everything_has_a_name_and_can_be_reached(panel: Any) -> None:
    nameless = panel.execute_script("""
      return [...document.querySelectorAll('input, select, button, a, canvas:not([aria-hidden]), [role]')].filter((e) =>
        !(e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()
          || e.getAttribute('role') === 'status' || e.getAttribute('role') === 'alert'))
        .map((e) => e.outerHTML);""")
    assert nameless == []
    reachable = panel.execute_script("""
      return [...document.querySelectorAll('.track input, .track select, .track button')]
        .filter((e) => e.tabIndex < 0 && e.getAttribute('role') !== 'radio').map((e) => e.outerHTML);""")
    assert reachable == []
    ids = panel.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(set(ids)) == len(ids)
    assert panel.find_element("tag name", "html").get_attribute("lang") == "en"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_hangs_over_the_edge(panel: Any, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    panel.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert panel.execute_script("return document.documentElement.scrollWidth") <= width
        small = """const least = innerWidth < 500 ? 36 : 24;
        const bars = [...document.querySelectorAll('.slider-track:not([hidden])')];
        return bars.filter((e) => e.clientWidth < 100 || e.clientHeight < least).length;"""
        assert panel.execute_script(small) == 0
    finally:
        panel.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_finger_moves_a_slider_sideways_and_scrolls_the_page_along(
    panel: Any, engine: Engine, eventually: Wait
) -> None:
    phone = {"width": 390, "height": 700, "deviceScaleFactor": 2, "mobile": True}
    panel.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    panel.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        bar = track_of(panel, "Tone")
        panel.execute_script("arguments[0].scrollIntoView({block: 'center'})", bar)
        box = panel.execute_script("const b = arguments[0].getBoundingClientRect(); return [b.x, b.y, b.width]", bar)
        x, y = box[0] + box[2] / 2, box[1] + 18

        def swipe(by_x: float, by_y: float) -> None:
            points = [(x + by_x * step / 8, y + by_y * step / 8) for step in range(9)]
            kinds = ["touchStart", *["touchMove"] * 8]
            for kind, (px, py) in zip(kinds, points, strict=True):
                panel.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py}]})
            panel.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        scrolled = panel.execute_script("return scrollY")
        swipe(0, -120)
        eventually(lambda: panel.execute_script("return scrollY") > scrolled)
        assert engine.track(1).values[0, "tone"] == 0
        panel.execute_script("arguments[0].scrollIntoView({block: 'center'})", bar)
        y = panel.execute_script("return arguments[0].getBoundingClientRect().y", bar) + 18
        swipe(box[2] / 4, 0)
        # A quarter of 24 dB, less the few pixels that told a move from a scroll.
        eventually(lambda: engine.track(1).values[0, "tone"] == pytest.approx(6, abs=1.0))
    finally:
        panel.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        panel.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_page_comes_back_when_the_engine_does(
    browser: Any, engine: Engine, tmp_path: Path, eventually: Wait
) -> None:
    state = lambda: browser.find_element("css selector", "[role=status]").text  # noqa: E731
    folders = (tmp_path / "boards", tmp_path / "takes")
    with Server(engine, *folders, Doors(osc_port=0, http_port=0)) as first:
        browser.get(first.url + "panel/")
        eventually(lambda: state() == "connected")
        eventually(lambda: text(browser, "Mix") == "0.25")
    eventually(lambda: state().startswith("connection lost"))
    engine.change([Change(1, 0, "mix", 0.5)])
    with Server(engine, *folders, Doors(osc_port=0, http_port=first.http_port)) as second:
        eventually(lambda: state() == "connected")
        eventually(lambda: text(browser, "Mix") == "0.5")
        send(second, "/track/1/hall/mix", 0.75)
        eventually(lambda: text(browser, "Mix") == "0.75")
        browser.get("about:blank")


def test_the_codec_speaks_as_python_osc_does(panel: Any) -> None:
    from pythonosc.osc_bundle import OscBundle
    from pythonosc.osc_message import OscMessage
    from pythonosc.osc_message_builder import build_msg

    run = """const done = arguments[arguments.length - 1]; const [mode, ...given] = arguments[0];
    import('./osc.js').then(({encode, bundle, decode}) => {
      if (mode === 'encode') done(Array.from(encode(...given)));
      if (mode === 'bundle') done(Array.from(bundle(given)));
      if (mode === 'decode') done(decode(new Uint8Array(given[0]).buffer));
    });"""
    call = lambda *given: panel.execute_async_script(run, given)  # noqa: E731
    for address, values in (("/a", []), ("/abc", [0.5, -2.0]), ("/x/y", ["text", True, False, "å", 1.5])):
        sent = OscMessage(bytes(call("encode", address, *values)))
        assert (sent.address, sent.params) == (address, values)
        back = call("decode", list(build_msg(address, values).dgram))
        assert json.loads(json.dumps(back)) == [{"address": address, "values": values}]
    both = OscBundle(bytes(call("bundle", ["/a", 1.0], ["/b", "t"])))
    assert [(m.address, m.params) for m in both] == [("/a", [1.0]), ("/b", ["t"])]
