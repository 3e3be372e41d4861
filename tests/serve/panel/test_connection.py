# SPDX-License-Identifier: GPL-3.0-or-later
"""The page's conversation with the engine, and what happens when the engine goes away."""

import json
from pathlib import Path
from typing import Any

import pytest

from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.changes import Change
from ddsp_fx_bridge.server import Doors, Server
from serve.panel.controls import Wait, send, text

pytestmark = pytest.mark.slow


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
    engine.change([Change(1, "hall", "mix", 0.5)])
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
