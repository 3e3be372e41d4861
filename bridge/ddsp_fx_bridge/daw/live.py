# SPDX-License-Identifier: GPL-3.0-or-later
"""Ableton Live: a Max for Live device whose dials are automated and send OSC, or a rack's macros through AbletonOSC.

The device is a Max patcher in JSON inside the .amxd envelope. AbletonOSC's addresses are those of its README:
`/live/device/start_listen/parameter/value track device parameter` makes Live report a parameter. Parameter 0 is a
device's on-switch; 1 to 16 are the macros of a rack, 0 to 127.
"""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Sequence
from typing import Any

from ddsp_fx_bridge.daw.faders import Fader, Target
from ddsp_fx_bridge.daw.relay_map import RelayMap, Route

DEVICE, MAP = "ddsp-fx remote.amxd", "live.relay.json"
MACROS = 16
ABLETON_OSC_LISTENS, ABLETON_OSC_SENDS = 11000, 11001
# The device on track N receives on port 9010 + N, so that every track can have one.
HEARS = 9010
# A dial in Live's own devices has 44 x 48 pixels, and the devices are 169 high: three rows.
ROWS, ROW, COLUMN = 3, 54.0, 96.0
_TYPE_FLOAT, _TYPE_INT, _TYPE_ENUM = 0, 1, 2
_UNIT_FLOAT, _UNIT_CUSTOM = 1, 9


def files(faders: Sequence[Fader], target: Target) -> dict[str, str | bytes]:
    """Name -> content."""
    macros = [fader for fader in faders if fader.is_continuous][:MACROS]
    return {DEVICE: amxd(patcher(faders, target)), MAP: relay_map(macros, target).to_json()}


def relay_map(faders: Sequence[Fader], target: Target) -> RelayMap:
    """Macro k of the first device on Live's track <-> fader k."""
    listen, hear, tell = (f"/live/device/{verb}/parameter/value" for verb in ("start_listen", "get", "set"))
    greeting, routes = [], []
    for number, fader in enumerate(faders, start=1):
        place = (target.track - 1, 0, number)
        greeting.append((listen, *place))
        routes.append(Route((hear, *place), (tell, *place), 0.0, 127.0, *fader.wire(target.track)))
    engine = (target.host, target.port)
    return RelayMap(("127.0.0.1", ABLETON_OSC_LISTENS), ABLETON_OSC_SENDS, engine, greeting, routes)


def amxd(patch: dict[str, Any]) -> bytes:
    """An audio effect's file: chunks with a name of four letters, a little-endian length, and as many bytes."""
    text = json.dumps(patch, indent=1).encode("utf-8") + b"\n\0"
    chunks = [(b"ampf", b"aaaa"), (b"meta", struct.pack("<I", 0)), (b"ptch", text)]
    return b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)


def patcher(faders: Sequence[Fader], target: Target) -> dict[str, Any]:
    """Audio passes; each dial sends to its address, and the engine's values move the dial without sending back."""
    patch = _Patch()
    patch.add("in", "plugin~", (20, 20), (2, 2))
    patch.add("out", "plugout~", (20, 60), (2, 2))
    patch.add("send", f"udpsend {target.host} {target.port}", (20, 200 + 30 * len(faders)), (1, 0))
    for channel in (0, 1):
        patch.line("in", channel, "out", channel)
    _listen(patch, [fader.wire(target.track)[0] for fader in faders], target.track)
    for index, fader in enumerate(faders):
        address, _, _ = fader.wire(target.track)
        top = 110.0 + 30 * index
        # A menu counts from 0, but its address takes 0 to 1.
        last = len(fader.texts) - 1
        there, back = (f"scale 0. {last}. 0. 1.", f"scale 0. 1. 0 {last}") if last > 0 else ("t f", "t f")
        patch.dial(index, fader)
        patch.add(f"there{index}", there, (200, top), (6, 1) if last > 0 else (1, 1))
        patch.add(f"to{index}", f"prepend {address}", (420, top), (1, 1))
        patch.add(f"back{index}", back, (640, top), (6, 1) if last > 0 else (1, 1))
        patch.add(f"set{index}", "prepend set", (860, top), (1, 1))
        patch.chain(f"dial{index}", f"there{index}", f"to{index}", "send")
        patch.line("route", index, f"back{index}", 0)
        patch.chain(f"back{index}", f"set{index}", f"dial{index}")
    return patch.data(columns=-(-len(faders) // ROWS))


def _listen(patch: _Patch, addresses: Sequence[str], track: int) -> None:
    """Subscribe to all changes when the device loads, and again every half hour, because a lease lasts one hour."""
    port = HEARS + track
    asked = (f"/track/{track}", f"/track/{track}/*/n", f"/track/{track}/*/*/n")
    messages = [*(f"/subscribe {pattern} 3600. {port}" for pattern in asked), "/refresh"]
    patch.add("begin", "live.thisdevice", (640, 20), (1, 3))
    patch.add("every", "metro 1800000 @active 1", (640, 50), (2, 1))
    patch.message("ask", ", ".join(messages), (860, 50))
    patch.add("hear", f"udpreceive {port}", (860, 20), (1, 1))
    patch.add("route", "route " + " ".join(addresses), (860, 80), (1, len(addresses) + 1))
    patch.chain("begin", "ask", "send")
    patch.chain("every", "ask")
    patch.chain("hear", "route")


class _Patch:
    """The boxes and lines of a Max patcher."""

    def __init__(self) -> None:
        self._boxes: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []

    def add(self, name: str, text: str, place: tuple[float, float], ports: tuple[int, int]) -> None:
        inlets, outlets = ports
        self._box(
            id=name,
            maxclass="newobj",
            text=text,
            numinlets=inlets,
            numoutlets=outlets,
            outlettype=["signal" if text.endswith("~") else ""] * outlets,
            patching_rect=[*place, 200.0, 22.0],
        )

    def dial(self, index: int, fader: Fader) -> None:
        column, row = divmod(index, ROWS)
        kind = "live.dial" if fader.is_continuous else "live.menu"
        height = 48.0 if fader.is_continuous else 15.0
        self._box(
            id=f"dial{index}",
            maxclass=kind,
            varname=fader.target,
            numinlets=1,
            numoutlets=2 if fader.is_continuous else 3,
            outlettype=["", "float"] if fader.is_continuous else ["", "", "float"],
            parameter_enable=1,
            patching_rect=[20.0, 110.0 + 30 * index, 90.0, height],
            presentation=1,
            presentation_rect=[6.0 + COLUMN * column, 4.0 + ROW * row, 90.0, height],
            saved_attribute_attributes={"valueof": _parameter(fader)},
        )

    def message(self, name: str, text: str, place: tuple[float, float]) -> None:
        """A message box; commas separate messages that are sent one after another."""
        ports = {"numinlets": 2, "numoutlets": 1, "outlettype": [""]}
        self._box(id=name, maxclass="message", text=text, patching_rect=[*place, 400.0, 22.0], **ports)

    def chain(self, *names: str) -> None:
        """Connect the first outlet of each box to the first inlet of the next."""
        for source, destination in itertools.pairwise(names):
            self.line(source, 0, destination, 0)

    def line(self, source: str, outlet: int, destination: str, inlet: int) -> None:
        self._lines.append({"patchline": {"source": [source, outlet], "destination": [destination, inlet]}})

    def data(self, columns: int) -> dict[str, Any]:
        head = {
            "fileversion": 1,
            "appversion": {"major": 8, "minor": 5, "revision": 0, "architecture": "x64", "modernui": 1},
            "classnamespace": "box",
            "rect": [80.0, 80.0, 900.0, 700.0],
            "openinpresentation": 1,
            "devicewidth": 12.0 + COLUMN * columns,
            "description": "Steers the ddsp-fx engine by OSC",
        }
        return {"patcher": {**head, "boxes": self._boxes, "lines": self._lines}}

    def _box(self, **values: Any) -> None:
        self._boxes.append({"box": values})


def _parameter(fader: Fader) -> dict[str, Any]:
    """What Live shows, stores and automates for a parameter."""
    p = fader.parameter
    names = {
        "parameter_longname": fader.label,
        "parameter_shortname": p.name,
        "parameter_initial_enable": 1,
        "parameter_initial": [fader.number],
    }
    if not fader.is_continuous:
        return {**names, "parameter_type": _TYPE_ENUM, "parameter_enum": list(fader.texts)}
    style = {"parameter_unitstyle": _UNIT_CUSTOM, "parameter_units": f"%0.2f {p.unit}".strip()}
    return {
        **names,
        "parameter_type": _TYPE_FLOAT,
        "parameter_mmin": p.minimum,
        "parameter_mmax": p.maximum,
        **(style if p.unit else {"parameter_unitstyle": _UNIT_FLOAT}),
    }
