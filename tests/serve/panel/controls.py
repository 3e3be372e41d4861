# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the panel's controls for tests, and a peer that uses OSC."""

import socket
from collections.abc import Callable
from typing import Any

from ddsp_fx_bridge.server import Server

Wait = Callable[[Callable[[], object]], None]
# (label, card), because several cards have a Mix.
SLIDER = """
const card = [...document.querySelectorAll('.card')].find((c) => c.textContent.includes(arguments[1]));
const label = [...card.querySelectorAll('label')].find((l) => l.textContent === arguments[0]);
return document.getElementById(label.htmlFor);
"""


def control(panel: Any, name: str, card: str = "hall") -> Any:
    """The input element of a label."""
    return panel.execute_script(SLIDER, name, card)


def text(panel: Any, name: str) -> str:
    """A slider's text for screen readers."""
    return str(control(panel, name).get_attribute("aria-valuetext"))


def track_of(panel: Any, name: str) -> Any:
    """The element that the mouse drags."""
    return panel.execute_script("return arguments[0].parentElement", control(panel, name))


def send(server: Server, address: str, *values: object) -> None:
    from pythonosc.osc_message_builder import build_msg

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.sendto(build_msg(address, list(values)).dgram, ("127.0.0.1", server.osc_port))
