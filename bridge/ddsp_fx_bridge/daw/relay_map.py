# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps a DAW's OSC messages to the engine's parameters, for the relay that DAWs with fixed addresses need.

A map is a JSON file:

{"ddsp_fx_relay": 1,
 "daw": {"host": "127.0.0.1", "port": 8000, "listen": 9001},
 "engine": {"host": "127.0.0.1", "port": 9000},
 "greeting": [["/refresh", 1]],
 "routes": [{"hear": ["/track/1/fx/1/fxparam/1/value"], "tell": ["/track/1/fx/1/fxparam/1/value"],
             "from": [0, 1], "engine": "/track/1/violin/pitch_shift", "to": [-48, 48]}]}

`hear` is what the DAW sends, `tell` what the relay sends it: an address, then the arguments before the value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsp_fx.errors import AutomationError
from ddsp_fx_bridge.daw.wire import Message

HEADER = "ddsp_fx_relay"
VERSION = 1


@dataclass(frozen=True)
class Route:
    """One parameter's translation.

    Args:
        hear: address and leading arguments of messages from the DAW.
        tell: address and leading arguments of messages to the DAW.
        low, high: the value's range at the DAW.
        engine: the address at the engine.
        engine_low, engine_high: the value's range there.
    """

    hear: Message
    tell: Message
    low: float
    high: float
    engine: str
    engine_low: float
    engine_high: float

    def to_engine(self, value: float) -> float:
        """A DAW's value -> the engine's, clipped to its range."""
        return _between(value, self.low, self.high, self.engine_low, self.engine_high)

    def to_daw(self, value: float) -> float:
        """The inverse."""
        return _between(value, self.engine_low, self.engine_high, self.low, self.high)


def _between(value: float, low: float, high: float, to_low: float, to_high: float) -> float:
    position = min(max((value - low) / (high - low), 0.0), 1.0)
    return to_low + position * (to_high - to_low)


@dataclass(frozen=True)
class RelayMap:
    """A whole map.

    Args:
        daw: (host, port) of the DAW's OSC input.
        listen: the port that the DAW sends to.
        engine: (host, port).
        greeting: messages that make the DAW start to send.
        routes: the parameters.
    """

    daw: tuple[str, int]
    listen: int
    engine: tuple[str, int]
    greeting: Sequence[Message]
    routes: Sequence[Route]

    def to_json(self) -> str:
        """Text that `read_map` reads."""
        routes = [
            {
                "hear": list(r.hear),
                "tell": list(r.tell),
                "from": [r.low, r.high],
                "engine": r.engine,
                "to": [r.engine_low, r.engine_high],
            }
            for r in self.routes
        ]
        data = {
            HEADER: VERSION,
            "daw": {"host": self.daw[0], "port": self.daw[1], "listen": self.listen},
            "engine": {"host": self.engine[0], "port": self.engine[1]},
            "greeting": [list(message) for message in self.greeting],
            "routes": routes,
        }
        return json.dumps(data, indent=1) + "\n"


def read_map(path: Path | str) -> RelayMap:
    """Raises AutomationError that names what is wrong."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise AutomationError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise AutomationError(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict) or data.get(HEADER) != VERSION:
        raise AutomationError(f"{path}: not a relay's map; `ddsp-fx daw reaper|bitwig|live` writes one")
    try:
        return _map(data)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise AutomationError(f"{path}: the map is malformed: {type(error).__name__}: {error}") from None


def _map(data: Mapping[str, Any]) -> RelayMap:
    daw, engine = data["daw"], data["engine"]
    return RelayMap(
        (str(daw["host"]), _port(daw["port"])),
        _port(daw["listen"]),
        (str(engine["host"]), _port(engine["port"])),
        [tuple(message) for message in data["greeting"]],
        [_route(entry, number) for number, entry in enumerate(data["routes"], start=1)],
    )


def _port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise ValueError(f"port {value!r} is not 1 to 65535")
    return value


def _route(entry: Mapping[str, Any], number: int) -> Route:
    low, high = (float(end) for end in entry["from"])
    engine_low, engine_high = (float(end) for end in entry["to"])
    if low == high or engine_low == engine_high:
        raise ValueError(f"route {number}: both ends of a range are the same")
    hear, tell, engine = tuple(entry["hear"]), tuple(entry["tell"]), entry["engine"]
    for address in (hear[0], tell[0], engine):
        if not isinstance(address, str) or not address.startswith("/"):
            raise ValueError(f"route {number}: {address!r} is not an address; they begin with /")
    return Route(hear, tell, low, high, engine, engine_low, engine_high)
