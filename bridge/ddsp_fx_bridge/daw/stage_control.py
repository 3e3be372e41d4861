# SPDX-License-Identifier: GPL-3.0-or-later
"""Open Stage Control: a session with one panel per slot; unset properties take the program's defaults."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ddsp_fx_bridge.daw.faders import Fader, Target

SESSION = "ddsp-fx.open-stage-control.json"
ROW, LABEL_WIDTH, FADER_WIDTH = 48, 220, 460


def files(faders: Sequence[Fader], target: Target) -> dict[str, str | bytes]:
    """Name -> content."""
    return {SESSION: json.dumps(session(faders, target), indent=1) + "\n"}


def session(faders: Sequence[Fader], target: Target) -> dict[str, Any]:
    """The whole document."""
    tabs = [_tab(slot, list(group), target) for slot, group in groupby(faders, key=lambda fader: fader.slot)]
    root = {"type": "root", "id": "root", "widgets": [], "tabs": tabs}
    return {"createdWith": "Open Stage Control", "version": "1.25.2", "type": "session", "content": root}


def _tab(slot: str, faders: list[Fader], target: Target) -> dict[str, Any]:
    widgets = []
    for row, fader in enumerate(faders):
        widgets += [_label(fader, row), _control(fader, row, target)]
    return {"type": "tab", "id": f"tab_{slot or 'board'}", "label": slot or "Board", "widgets": widgets, "tabs": []}


def _label(fader: Fader, row: int) -> dict[str, Any]:
    unit = f" ({fader.parameter.unit})" if fader.parameter.unit else ""
    place = {"left": 8, "top": 8 + ROW * row, "width": LABEL_WIDTH, "height": ROW - 8}
    text = {"default": fader.parameter.name + unit, "align": "left", "bypass": True}
    return {"type": "text", "id": f"label_{fader.target}", **place, **text}


def _control(fader: Fader, row: int, target: Target) -> dict[str, Any]:
    place = {"left": 16 + LABEL_WIDTH, "top": 8 + ROW * row, "width": FADER_WIDTH, "height": ROW - 8}
    address, low, high = fader.wire(target.track)
    osc = {"address": address, "target": f"{target.host}:{target.port}", "typeTags": "f", "preArgs": ""}
    common = {"id": fader.target, **place, **osc}
    if fader.parameter.scale == "toggle":
        on = {"mode": "toggle", "on": 1, "off": 0, "label": fader.parameter.name}
        return {"type": "button", **common, **on, "default": fader.number}
    if not fader.is_continuous:
        last = max(len(fader.texts) - 1, 1)
        values = {text: index / last for index, text in enumerate(fader.texts)}
        # Positions such as 1/3 must come back unchanged, or no text is shown for them.
        return {"type": "dropdown", **common, "values": values, "decimals": 6, "default": fader.number / last}
    p = fader.parameter
    look = {"design": "compact", "horizontal": True, "doubleTap": True, "input": True, "decimals": 3}
    reach = {"range": {"min": low, "max": high}, "default": fader.number, "unit": f" {p.unit}" if p.unit else ""}
    return {"type": "fader", **common, **look, **reach, "logScale": p.scale == "log"}
