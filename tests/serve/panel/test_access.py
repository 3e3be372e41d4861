# SPDX-License-Identifier: GPL-3.0-or-later
"""Accessibility: names, keyboard, small screens, touch."""

from typing import Any

import pytest

from ddsp_fx_bridge.engine import Engine
from serve.panel.controls import Wait, track_of

pytestmark = pytest.mark.slow


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
        assert engine.track(1).values["hall", "tone"] == 0
        panel.execute_script("arguments[0].scrollIntoView({block: 'center'})", bar)
        y = panel.execute_script("return arguments[0].getBoundingClientRect().y", bar) + 18
        swipe(box[2] / 4, 0)
        # A quarter of 24 dB, minus the few pixels by which a move differs from a scroll.
        eventually(lambda: engine.track(1).values["hall", "tone"] == pytest.approx(6, abs=1.0))
    finally:
        panel.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        panel.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
