# SPDX-License-Identifier: GPL-3.0-or-later
"""REAPER: a JSFX whose sliders are automated, and a pattern file that makes REAPER send their values.

A JSFX cannot open a socket, so REAPER itself sends: `FX_PARAM_VALUE` reports every move of an effect's parameter, by
number and normalised. The relay translates the numbers into names. (According to the source of REAPER's control
surface, reaper-sdk, csurf_osc.cpp, feedback for tracks that are not selected needs a pattern with three wildcards.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ddsp_fx_bridge.daw.faders import Fader, Target
from ddsp_fx_bridge.daw.relay_map import RelayMap, Route

NAME = "ddsp-fx"
JSFX, PATTERN, MAP = "ddsp-fx-remote.jsfx", "ddsp-fx.ReaperOSC", "reaper.relay.json"
# JSFX has 256 sliders since REAPER 6.74, 64 before.
MOST_SLIDERS = 64
REAPER_LISTENS, RELAY_LISTENS = 8000, 9001
TRACKS = 8
# Characters that end a field or the list of choices in a slider's line.
_PLAIN = str.maketrans(",{}<>", ";()()")


def files(faders: Sequence[Fader], target: Target) -> dict[str, str | bytes]:
    """Name -> content."""
    used = faders[:MOST_SLIDERS]
    return {JSFX: jsfx(used), PATTERN: pattern(len(used)), MAP: relay_map(used, target).to_json()}


def jsfx(faders: Sequence[Fader]) -> str:
    """Sliders in their units; audio passes through."""
    lines = [
        "// SPDX-License-Identifier: GPL-3.0-or-later",
        "// Made by `ddsp-fx daw reaper`. The sliders steer the ddsp-fx engine; the sound passes unchanged.",
        "desc:ddsp-fx remote",
        "author: ddsp-fx",
        "tags: utility osc",
        "",
        *(_slider(number, fader) for number, fader in enumerate(faders, start=1)),
        "",
        "in_pin:left input",
        "in_pin:right input",
        "out_pin:left output",
        "out_pin:right output",
        "",
        "@init",
        "ext_nodenorm = 1;",
        "",
        "@sample",
        "spl0 = spl0;",
        "spl1 = spl1;",
    ]
    return "\n".join(lines) + "\n"


def _slider(number: int, fader: Fader) -> str:
    p = fader.parameter
    label = fader.label_with_unit.translate(_PLAIN)
    if not fader.is_continuous:
        texts = ",".join(text.translate(_PLAIN) for text in fader.texts)
        return f"slider{number}:{fader.number:g}<0,{len(fader.texts) - 1},1{{{texts}}}>{label}"
    # The step is a power of ten, at most a thousandth of the range.
    step = 1.0 if p.scale == "steps" else 10.0 ** math.floor(math.log10((p.maximum - p.minimum) / 1000.0))
    return f"slider{number}:{fader.number:g}<{p.minimum:g},{p.maximum:g},{step:g}>{label}"


def pattern(sliders: int) -> str:
    """The .ReaperOSC file: only effect parameters, so that nothing else floods the relay."""
    lines = [
        "# SPDX-License-Identifier: GPL-3.0-or-later",
        "# Made by `ddsp-fx daw reaper`: REAPER reports and takes effect parameters, and nothing else.",
        f"DEVICE_TRACK_COUNT {TRACKS}",
        "DEVICE_SEND_COUNT 0",
        "DEVICE_RECEIVE_COUNT 0",
        "DEVICE_FX_COUNT 1",
        f"DEVICE_FX_PARAM_COUNT {max(sliders, 1)}",
        "DEVICE_FX_INST_PARAM_COUNT 0",
        "REAPER_TRACK_FOLLOWS REAPER",
        "DEVICE_TRACK_FOLLOWS DEVICE",
        "DEVICE_TRACK_BANK_FOLLOWS DEVICE",
        "DEVICE_FX_FOLLOWS DEVICE",
        "FX_PARAM_VALUE n/track/@/fx/@/fxparam/@/value",
    ]
    return "\n".join(lines) + "\n"


def relay_map(faders: Sequence[Fader], target: Target) -> RelayMap:
    """REAPER's track n, effect 1, parameter k <-> the engine's track n, for the tracks that REAPER reports."""
    routes = [route for track in range(1, TRACKS + 1) for route in _routes(faders, track)]
    return RelayMap(("127.0.0.1", REAPER_LISTENS), RELAY_LISTENS, (target.host, target.port), [], routes)


def _routes(faders: Sequence[Fader], track: int) -> list[Route]:
    out = []
    for number, fader in enumerate(faders, start=1):
        daw = (f"/track/{track}/fx/1/fxparam/{number}/value",)
        out.append(Route(daw, daw, 0.0, 1.0, *fader.wire(track)))
    return out
