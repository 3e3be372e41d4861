# SPDX-License-Identifier: GPL-3.0-or-later
"""TouchOSC: a .tosc layout, which is zlib over the XML of a tree of nodes.

Faders use the normalised addresses (`.../n`), because a TouchOSC fader has the range 0 to 1; the text below it shows
the value from the engine's `.../s`.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ddsp_fx_bridge.daw import stage_control
from ddsp_fx_bridge.daw.faders import Fader, Target

LAYOUT = "ddsp-fx.tosc"
COLUMNS, CELL_WIDTH, CELL_HEIGHT, MARGIN, TOP = 4, 250, 96, 12, 64
Colour = tuple[float, float, float]
ACCENT, INK, PAPER = (0.95, 0.62, 0.25), (0.93, 0.93, 0.93), (0.09, 0.10, 0.12)
# The longest lease of a subscription, and the port on which TouchOSC receives, by docs/daw/touchosc.md.
LEASE_S, LISTENS = "3600", "9001"
_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def files(faders: Sequence[Fader], target: Target) -> dict[str, str | bytes]:
    """Name -> content: the layout, and its equivalent for Open Stage Control."""
    return {LAYOUT: tosc(faders, target), **stage_control.files(faders, target)}


def tosc(faders: Sequence[Fader], target: Target) -> bytes:
    """The file."""
    return zlib.compress(b"<?xml version='1.0' encoding='UTF-8'?>\n" + ET.tostring(layout(faders, target)), 9)


def layout(faders: Sequence[Fader], target: Target) -> ET.Element:
    """The tree: a group with a title, a connect button, and a cell per fader."""
    rows = -(-len(faders) // COLUMNS)
    size = (COLUMNS * CELL_WIDTH + 2 * MARGIN, TOP + rows * CELL_HEIGHT + MARGIN)
    root = ET.Element("lexml", version="3")
    top = _Node(root, "GROUP", "ddsp-fx", (0, 0, *size), PAPER)
    top.label("title", f"ddsp-fx  track {target.track}", (MARGIN, MARGIN, 500, 40), 22)
    connect = top.child("BUTTON", "connect", (size[0] - 170, MARGIN, 150, 40), ACCENT)
    connect.values("x", "0")
    for pattern in _patterns(target.track):
        connect.command("/subscribe", (("STRING", pattern), ("FLOAT", LEASE_S), ("INTEGER", LISTENS)))
    connect.command("/refresh", ())
    top.label("connect text", "connect", (size[0] - 170, MARGIN, 150, 40), 18)
    for index, fader in enumerate(faders):
        row, column = divmod(index, COLUMNS)
        _cell(top, fader, target, (MARGIN + column * CELL_WIDTH, TOP + row * CELL_HEIGHT))
    return root


def _patterns(track: int) -> list[str]:
    """Positions and texts of the board's own parameters, and of every slot's."""
    return [f"/track/{track}/{slot}{form}" for slot in ("*/", "*/*/") for form in ("n", "s")]


def _cell(top: _Node, fader: Fader, target: Target, place: tuple[int, int]) -> None:
    left, upper = place
    width = CELL_WIDTH - 2 * MARGIN
    address = fader.address(target.track)
    top.label(f"{fader.target} name", fader.label, (left, upper, width, 22), 14)
    if fader.parameter.scale == "toggle":
        control = top.child("BUTTON", fader.target, (left, upper + 24, width, 36), ACCENT)
        # 1 is TouchOSC's toggle that reacts to a press.
        control.property("i", "buttonType", "1")
    else:
        control = top.child("FADER", fader.target, (left, upper + 24, width, 36), ACCENT)
        # 1 is horizontal, with the low end left.
        control.property("i", "orientation", "1")
    control.values("x", f"{fader.parameter.normalise(fader.value):.6f}")
    control.message(f"{address}/n")
    text = top.label(f"{fader.target} text", fader.parameter.text(fader.value), (left, upper + 62, width, 22), 13)
    text.message(f"{address}/s", variable="text", conversion="STRING", send=False)


class _Node:
    """A <node> and methods that write its parts."""

    def __init__(
        self, parent: ET.Element, kind: str, name: str, frame: tuple[int, int, int, int], colour: Colour
    ) -> None:
        # The ID is derived from the name, so that the same board always gives the same file.
        self._node = ET.SubElement(parent, "node", ID=str(uuid.uuid5(_SPACE, f"{kind}:{name}")), type=kind)
        self._properties = ET.SubElement(self._node, "properties")
        self._values = ET.SubElement(self._node, "values")
        self._messages: ET.Element | None = None
        self._children: ET.Element | None = None
        self.property("s", "name", name)
        _parts(self._property("r", "frame"), dict(zip("xywh", frame, strict=True)))
        _parts(self._property("c", "color"), dict(zip("rgba", (*colour, 1.0), strict=True)))

    def _property(self, kind: str, key: str) -> ET.Element:
        entry = ET.SubElement(self._properties, "property", type=kind)
        ET.SubElement(entry, "key").text = key
        return ET.SubElement(entry, "value")

    def property(self, kind: str, key: str, value: str) -> None:
        """s text, b switch, i integer, f number."""
        self._property(kind, key).text = value

    def values(self, key: str, default: str) -> None:
        """The value that messages carry, and its default."""
        entry = ET.SubElement(self._values, "value")
        texts = {"key": key, "locked": "0", "lockedDefaultCurrent": "0", "default": default, "defaultPull": "0"}
        _parts(entry, texts)

    def child(self, kind: str, name: str, frame: tuple[int, int, int, int], colour: Colour) -> _Node:
        """Add a node inside."""
        if self._children is None:
            self._children = ET.SubElement(self._node, "children")
        return _Node(self._children, kind, name, frame, colour)

    def label(self, name: str, text: str, frame: tuple[int, int, int, int], size: int) -> _Node:
        """Add a text that does not react to touch."""
        node = self.child("LABEL", name, frame, INK)
        node.property("c", "textColor", "")
        _parts(node._properties[-1][1], dict(zip("rgba", (*INK, 1.0), strict=True)))
        node.property("i", "textSize", str(size))
        for switch in ("background", "outline", "interactive"):
            node.property("b", switch, "0")
        node.values("text", text)
        return node

    def message(
        self,
        address: str,
        variable: str = "x",
        conversion: str = "FLOAT",
        send: bool = True,
    ) -> None:
        """Add an OSC message on the first connection: sent when the variable changes, always received."""
        osc = self._osc(address, variable, send, receive=True)
        _partial(ET.SubElement(osc, "arguments"), "VALUE", conversion, variable)

    def command(self, address: str, arguments: Sequence[tuple[str, str]]) -> None:
        """Add a fixed OSC message, sent when a button is pressed; arguments are (type, text)."""
        osc = self._osc(address, "x", send=True, receive=False, condition="RISE")
        given = ET.SubElement(osc, "arguments")
        for conversion, value in arguments:
            _partial(given, "CONSTANT", conversion, value)

    def _osc(self, address: str, variable: str, send: bool, receive: bool, condition: str = "ANY") -> ET.Element:
        if self._messages is None:
            self._messages = ET.SubElement(self._node, "messages")
        osc = ET.SubElement(self._messages, "osc")
        flags = {"enabled": "1", "send": str(int(send)), "receive": str(int(receive)), "feedback": "0"}
        _parts(osc, {**flags, "connections": "00001"})
        trigger = ET.SubElement(ET.SubElement(osc, "triggers"), "trigger")
        _parts(trigger, {"var": variable, "condition": condition})
        _partial(ET.SubElement(osc, "path"), "CONSTANT", "STRING", address)
        return osc


def _partial(parent: ET.Element, kind: str, conversion: str, value: str) -> None:
    texts = {"type": kind, "conversion": conversion, "value": value, "scaleMin": "0", "scaleMax": "1"}
    _parts(ET.SubElement(parent, "partial"), texts)


def _parts(parent: ET.Element, values: dict[str, object] | dict[str, str] | dict[str, int] | dict[str, float]) -> None:
    for key, value in values.items():
        ET.SubElement(parent, key).text = f"{value:g}" if isinstance(value, float) else str(value)
