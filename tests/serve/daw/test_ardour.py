# SPDX-License-Identifier: GPL-3.0-or-later
"""Ardour itself, without a display or a sound card: an automation lane plays, and the engine receives its values."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from ddsp_fx.board import Board
from ddsp_fx.board.text import parse_board
from ddsp_fx_bridge.daw.ardour import NAME, SENDER, files
from ddsp_fx_bridge.daw.faders import Target, board_faders
from ddsp_fx_bridge.daw.files import write_all
from ddsp_fx_bridge.daw.wire import from_packet, to_packet
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.server import Doors, Server

pytest.importorskip("pythonosc")
ARDOUR = shutil.which("ardour7-lua")
RATE, FROM, TO = 48000, -12.0, 24.0
needs_ardour = pytest.mark.skipif(ARDOUR is None, reason="Ardour 7 is not installed: apt install ardour")
pytestmark = pytest.mark.slow
SCRIPT = """
AudioEngine:set_backend("None (Dummy)", "", "")
Session = create_session("{folder}/session", "session", {rate})
local last, normal = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
local added = Session:new_audio_track(1, 2, nil, 1, "one", last, normal, true)
local plugin = ARDOUR.LuaAPI.new_luaproc(Session, "{name}")
assert(not plugin:isnil(), "the plugin was not found")
assert(added:front():add_processor_by_index(plugin, 0, nil, true) == 0)
ardour = function() end
dofile("{hook}")
local hook = factory()
hook()
local lane = ARDOUR.LuaAPI.plugin_automation(plugin, 1)
lane:add(Temporal.timepos_t(0), {low}, false, true)
lane:add(Temporal.timepos_t({rate}), {high}, false, true)
local shift = Evoral.Parameter(ARDOUR.AutomationType.PluginAutomation, 0, 1)
plugin:to_automatable():automation_control(shift, true):set_automation_state(ARDOUR.AutoState.Play)
Session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, ARDOUR.TransportRequestSource.TRS_UI)
ARDOUR.LuaAPI.usleep(300000)
Session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
for turn = 1, 400 do
	ARDOUR.LuaAPI.usleep(50000)
	hook()
	if (ARDOUR.LuaAPI.get_processor_param(plugin, 1, true)) >= {high} then break end
end
print("MARK", Session:transport_sample())
close_session()
quit()
"""


def play(chain: Board, target: Target, folder: Path) -> None:
    """Ardour plays a lane of the first fader, from FROM to TO in a second."""
    assert ARDOUR is not None
    scripts = folder / "config" / "ardour7" / "scripts"
    write_all(scripts, files(board_faders(chain), target))
    script = folder / "test.lua"
    names = {"folder": folder, "hook": scripts / SENDER, "name": NAME, "rate": RATE, "low": FROM, "high": TO}
    script.write_text(SCRIPT.format(**names))
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    done = subprocess.run(
        [ARDOUR, str(script)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert "MARK" in done.stdout, done.stdout + done.stderr


def door() -> socket.socket:
    """A socket that receives OSC."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.setblocking(False)
    return opened


@needs_ardour
def test_an_automation_lane_moves_the_engines_addresses(tmp_path: Path) -> None:
    board, ear = parse_board("violin | violin-room"), door()
    play(board, Target(*ear.getsockname()), tmp_path)
    heard = _all(ear)
    # At first, all current values are sent.
    first = dict(reversed(heard))
    for fader in board_faders(board):
        address, low, high = fader.wire(1)
        number = fader.number if fader.is_continuous else fader.parameter.normalise(fader.value)
        assert first[address] == pytest.approx(number, abs=1e-4 * (high - low))
    moved = [value for address, value in heard if address == "/track/1/violin/pitch_shift"][1:]
    assert len(moved) >= 3
    assert moved == sorted(moved)
    assert FROM <= moved[0] < TO
    assert moved[-1] == TO
    # Only the lane has moved.
    assert len(heard) == len(board_faders(board)) + len(moved)


@needs_ardour
def test_the_engine_follows_and_another_client_sees_it(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    engine, ear = Engine(), door()
    track = engine.add_track(parse_board("violin | violin-room"))
    with Server(engine, tmp_path / "boards", tmp_path / "takes", Doors(osc_port=0, http_port=0)) as server:
        place = ("127.0.0.1", server.osc_port)
        ear.sendto(to_packet(("/subscribe", "/track/1/violin/pitch_shift")), place)
        play(track.board, Target(*place), tmp_path)
        for _ in range(600):
            if track.values["violin", "pitch_shift"] == TO:
                break
            time.sleep(0.1)
        assert track.values["violin", "pitch_shift"] == TO
        time.sleep(0.2)
        assert server.service.dispatcher.errors == 0
    seen = [value for address, value in _all(ear) if address == "/track/1/violin/pitch_shift"]
    assert len(seen) >= 3
    assert seen[-1] == TO
    assert seen[1:] == sorted(seen[1:])


def _all(ear: socket.socket) -> list[tuple[str, float]]:
    heard: list[tuple[str, float]] = []
    while True:
        try:
            messages = [m for m in from_packet(ear.recv(4096)) if m[0] != "/subscribed"]
        except BlockingIOError:
            ear.close()
            return heard
        heard += [(str(address), float(value)) for address, value in messages]
