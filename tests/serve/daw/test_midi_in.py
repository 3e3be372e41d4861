# SPDX-License-Identifier: GPL-3.0-or-later
"""Live MIDI: a controller's moves arrive at the engine's address, each value once."""

import socket

import pytest
from support import decaying_noise

from ddsp_fx.automation.midi import parse_control
from ddsp_fx.board import Board
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import AutomationError
from ddsp_fx_bridge.daw.faders import Target
from ddsp_fx_bridge.daw.midi_in import MidiSender, UdpSender, open_input
from ddsp_fx_bridge.daw.wire import from_packet

mido = pytest.importorskip("mido")
pytest.importorskip("pythonosc")


def _board() -> Board:
    return Board([LearnedReverb.from_response(decaying_noise(0.1, 0.1, 16000), 16000)])


def test_controllers_become_messages_in_the_parameters_unit() -> None:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(60)
    maps = [parse_control("74=response.tone:-6..6"), parse_control("2/7=mix")]
    engine = UdpSender(Target(*door.getsockname()))
    sender = MidiSender(_board(), maps, 3, engine.send)
    for channel, number, value in ((0, 74, 127), (0, 74, 127), (0, 7, 5), (1, 7, 0), (0, 74, 0)):
        sender.take(mido.Message("control_change", channel=channel, control=number, value=value))
    sender.take(mido.Message("note_on"))
    heard = [from_packet(door.recv(4096)) for _ in range(3)]
    assert heard == [[("/track/3/response/tone", 6.0)], [("/track/3/mix", 0.0)], [("/track/3/response/tone", -6.0)]]
    door.close()
    engine.close()


def test_a_port_that_is_not_there_is_named() -> None:
    pytest.importorskip("rtmidi")
    with pytest.raises(AutomationError, match=r"no such port at all|MIDI cannot be opened on this machine"):
        open_input("no such port at all")
