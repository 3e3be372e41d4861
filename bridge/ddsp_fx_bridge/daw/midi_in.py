# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends live MIDI controllers to the engine, for DAWs and hardware without OSC."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ddsp_fx.automation.midi import BoundControl, MidiControl, bind, import_mido
from ddsp_fx.board import Board
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError, MissingExtraError
from ddsp_fx_bridge.daw.faders import Target
from ddsp_fx_bridge.daw.wire import check_codec, to_packet
from ddsp_fx_bridge.osc.names import address_parts

VIRTUAL = "virtual"


class MidiSender:
    """MIDI messages in, OSC messages out.

    Args:
        board: like the one on the engine's track; it gives the ranges.
        controls: which controller moves which parameter.
        track: of the engine, counted from 1.
        send: called with (address, value).
    """

    def __init__(
        self, board: Board, controls: Sequence[MidiControl], track: int, send: Callable[[str, Value], None]
    ) -> None:
        names = address_parts(board.slot_names())
        self._bound = [(control, _address(control, names, track)) for control in bind(controls, board)]
        self._send = send
        self._sent: dict[str, Value] = {}

    def take(self, message: Any) -> None:
        """Handle one message of mido: send what it moves, unless the value is unchanged."""
        for control, address in self._bound:
            value = control.value(message)
            if value is not None and self._sent.get(address) != value:
                self._sent[address] = value
                self._send(address, value)


def _address(control: BoundControl, names: Sequence[str], track: int) -> str:
    if isinstance(control.slot, tuple):
        raise AutomationError(f"{control.control.target}: the engine cannot move parameters of a board inside a board")
    slot = [] if control.slot is None else [names[control.slot]]
    return "/".join(["", "track", str(track), *slot, control.symbol])


class UdpSender:
    """Sends to an engine; raises MissingExtraError without python-osc."""

    def __init__(self, target: Target) -> None:
        check_codec()
        self._place = (target.host, target.port)
        self._door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, address: str, value: Value) -> None:
        """Send one message."""
        self._door.sendto(to_packet((address, value)), self._place)

    def close(self) -> None:
        """Close the socket."""
        self._door.close()


def open_input(name: str | None) -> Iterable[Any]:
    """A MIDI port by name or part of it; the only one for None; or a new virtual one named after "virtual:".

    Raises AutomationError listing the existing ports, MissingExtraError without mido and python-rtmidi.
    """
    mido = import_mido()
    try:
        if name is not None and name.startswith(VIRTUAL):
            port: Iterable[Any] = mido.open_input(name.partition(":")[2] or "ddsp-fx", virtual=True)
            return port
        ports = mido.get_input_names()
    except ImportError:
        raise MissingExtraError('live MIDI needs python-rtmidi: pip install "ddsp-fx[midi]"') from None
    except Exception as error:  # rtmidi's errors derive directly from Exception
        raise AutomationError(f"MIDI cannot be opened on this machine: {error}") from None
    fitting = [port for port in ports if name is None or name.lower() in port.lower()]
    if len(fitting) != 1:
        there = ", ".join(ports) or "none"
        raise AutomationError(f"--midi-port {name!r} matches {len(fitting)} MIDI ports; the ports are: {there}")
    opened: Iterable[Any] = mido.open_input(fitting[0])
    return opened
