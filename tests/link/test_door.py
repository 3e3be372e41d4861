# SPDX-License-Identifier: GPL-3.0-or-later
"""The socket: ownership, connections, messages, and clients that disconnect or misbehave."""

import json
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ddsp_fx import Board, __version__, load
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.link import LinkDoor, door, socket_path
from ddsp_fx_bridge.link.messages import MOST_BYTES
from ddsp_fx_bridge.link.segment import Header

from .fake_plugin import FakePlugin, wait_until
from .test_streaming import board, described

KILLED = """
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
import os, fcntl, struct
size = 256 + 64 * 24 + 2 * 4 * 1024
m = os.memfd_create("x", os.MFD_ALLOW_SEALING); os.ftruncate(m, size); fcntl.fcntl(m, 1033, 2)
os.pwrite(m, struct.pack("<IIQIIdII", 0x31584644, 1, size, 1, 1024, 48000.0, 500, 64), 0)
s.sendall(b"hello\\t1\\tdoomed\\n"); socket.send_fds(s, [b"attach\\n"], [m]); time.sleep(1000)
"""


def test_the_greeting(door: LinkDoor) -> None:
    plugin = FakePlugin(door.path)
    assert plugin.hello() == ["welcome", "1", __version__, "http://127.0.0.1:1/"]
    ((verb, *names),) = plugin.answers()
    assert verb == "menu"
    assert "hall" in names
    assert "hall:preset=far" in names
    plugin.send("something", "of", "version 2")
    plugin.send("ping", "a\tb", "")
    assert plugin.receive() == ["pong", "a\tb", ""]
    plugin.send("bye")
    assert plugin.socket.recv(1) == b""
    plugin.close()


def test_another_version_is_refused(door: LinkDoor) -> None:
    plugin = FakePlugin(door.path)
    verb, text = plugin.hello("2")
    assert verb == "refused"
    assert "ddsp-fx vst install" in text
    assert plugin.socket.recv(1) == b""
    plugin.close()


def test_slots_are_the_boards_controls(plugin: FakePlugin, header: Header) -> None:
    plugin.set_board(board().to_json())
    answers = plugin.attach(header)
    told = described(answers)
    assert answers[-1] == ["end"]
    assert (told[2], told[4]) == ("962", str(len(answers) - 2))
    assert answers[1] == ["slot", "0", "mix", "Mix", "", "linear", "0", "1", "1", "1"]
    assert answers[2][:6] == ["slot", "1", "bypass", "Bypass", "", "toggle"]
    assert ["hall.mix", "0.40000000000000002"] in [[fields[2], fields[9]] for fields in answers[1:-1]]


def test_a_board_comes_back_from_its_text(plugin: FakePlugin, header: Header) -> None:
    plugin.send("load", "hall:mix=0.625 | Gain:gain_db=-3")
    answers = plugin.answers() + plugin.attach(header)
    again = plugin.set_board(described(answers)[1])
    assert again == answers
    assert Board.from_json(described(answers)[1])[0].mix == 0.625


def test_saved_boards_are_in_the_menu(door: LinkDoor, place: Path, header: Header) -> None:
    (place / "my chain.json").write_text(Board([load("hall", mix=0.625), load("hall")]).to_json())
    plugin = FakePlugin(door.path)
    plugin.hello()
    assert plugin.answers()[0][-1] == "my chain.json"
    plugin.send("load", "my chain.json")
    board = Board.from_json(described(plugin.answers() + plugin.attach(header))[1])
    assert (len(board), board[0].mix) == (2, 0.625)
    plugin.close()


def test_what_cannot_be_built_leaves_what_was_there(plugin: FakePlugin, header: Header, engine: Engine) -> None:
    plugin.set_board(Board([load("hall")]).to_json())
    plugin.attach(header)
    gone = Board([load("hall")]).to_json().replace("hall", "lost-room")
    ((verb, about, text),) = plugin.set_board(gone)
    assert (verb, about) == ("error", "board")
    assert "lost-room" in text
    for nonsense in ("{", "[]", '{"format": "ddsp-fx board", "version": 1, "slots": [{"type": 3}]}'):
        assert [fields[:2] for fields in plugin.set_board(nonsense)] == [["error", "board"]]
    assert engine.track(1).board.slot_names() == ["hall"]
    ((verb, about, text),) = plugin.set_board("", mix=2.0)
    assert "mix" in text


def test_before_any_board_there_is_an_empty_one(plugin: FakePlugin, header: Header) -> None:
    assert [fields[0] for fields in plugin.set_board("{")] == ["error"]
    assert [fields[2] for fields in plugin.attach(header)[1:-1]] == ["mix", "bypass"]


def test_a_segment_that_is_none_is_refused(plugin: FakePlugin) -> None:
    plugin.send("attach")
    answers = plugin.answers()
    with open("/dev/null", "rb") as null:  # noqa: PTH123 - a descriptor is wanted
        plugin.send("attach", descriptor=null.fileno())
        answers += plugin.answers()
    assert [fields[:2] for fields in answers] == [["error", "attach"]] * 2
    assert "SCM_RIGHTS" in answers[0][2]


@pytest.mark.parametrize("seed", range(10))
def test_whoever_raves_harms_nobody_else(connect: Callable[[], FakePlugin], door: LinkDoor, seed: int) -> None:
    other, chance = connect(), random.Random(seed)
    with socket.socket(socket.AF_UNIX) as raving:
        raving.connect(str(door.path))
        words = ["hello", "board", "load", "attach", "ping", "values", "1", "{}", "mix", "nan", "-1", "hall|", "\\", ""]
        lines = ["\t".join(chance.choices(words, k=chance.randint(0, 6))) for _ in range(20)]
        raving.sendall("\n".join(lines).encode() + b"\n" + chance.randbytes(5000))
    assert other.answers() == []
    wait_until(lambda: door.sessions == 1)


def test_a_line_without_an_end_is_the_end(door: LinkDoor) -> None:
    plugin = FakePlugin(door.path)
    with suppress(OSError):
        plugin.socket.sendall(b"x" * (4 * MOST_BYTES))
    wait_until(lambda: door.sessions == 0)
    plugin.close()


def test_a_killed_host_leaves_no_track(door: LinkDoor, engine: Engine) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, str(door.path)]) as host:
        wait_until(lambda: 1 in engine.tracks)
        host.send_signal(signal.SIGKILL)
    wait_until(lambda: door.sessions == 0)
    assert not engine.tracks


def test_one_engine_a_socket(door: LinkDoor) -> None:
    with pytest.raises(EngineError, match="already; plugins use that one"):
        LinkDoor(Engine(), door.path, Library(Path("boards"), ".json"))
    door.stop()
    assert not door.path.exists()
    again = LinkDoor(Engine(), door.path, Library(Path("boards"), ".json"))
    again.stop()


def test_what_a_dead_engine_left_is_taken_away(socket_file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(socket_file))
    LinkDoor(Engine(), socket_file, Library(Path("boards"), ".json")).stop()


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(EngineError, match="mode 700"):
        LinkDoor(Engine(), tmp_path / "link", Library(Path("boards"), ".json"))


def test_a_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / ("x" * 120)).mkdir(mode=0o700)
    with pytest.raises(EngineError, match="cannot be a socket"):
        LinkDoor(Engine(), tmp_path / ("x" * 120) / "link", Library(Path("boards"), ".json"))


def test_where_the_socket_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    monkeypatch.delenv("DDSP_FX_LINK", raising=False)
    assert socket_path() == Path("/run/user/1/ddsp-fx/link")
    monkeypatch.setenv("DDSP_FX_LINK", "/elsewhere/l")
    assert socket_path() == Path("/elsewhere/l")


def test_there_is_a_limit_to_plugins(door_module_limit: None, door: LinkDoor) -> None:
    first, second = FakePlugin(door.path), FakePlugin(door.path)
    assert first.hello()[0] == "welcome"
    assert second.receive()[0] == "refused"
    first.close()
    second.close()


@pytest.fixture
def door_module_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_SESSIONS", 1)


def test_it_ends_when_nobody_comes(socket_file: Path) -> None:
    door = LinkDoor(Engine(), socket_file, Library(Path("boards"), ".json"), idle_exit_s=0.01)
    door.start()
    assert door.ended.wait(60)
    door.stop()


class _Starved:
    """A listener in a process that has no free file descriptor for a while."""

    def __init__(self, listener: socket.socket, times: int) -> None:
        self._listener, self.left = listener, times

    def accept(self) -> object:
        if self.left:
            self.left -= 1
            raise OSError(24, "Too many open files")
        return self._listener.accept()

    def __getattr__(self, name: str) -> object:
        return getattr(self._listener, name)


def test_without_descriptors_to_spare_plugins_wait_and_are_let_in(
    socket_file: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_AGAIN_S", 0.001)
    listening = LinkDoor(Engine(), socket_file, Library(Path("boards"), ".json"), idle_exit_s=0.2)
    starved = _Starved(listening._listener, 100)
    monkeypatch.setattr(listening, "_listener", starved)
    listening.start()
    plugin = FakePlugin(listening.path)
    assert plugin.hello()[0] == "welcome"
    assert starved.left == 0
    # A hundred refusals log one line, and an engine without plugins still stops by itself.
    assert capfd.readouterr().err.count("Too many open files") == 1
    plugin.close()
    assert listening.ended.wait(60)
    listening.stop()


def test_boards_that_come_from_elsewhere_while_a_plugin_is_told(
    plugin: FakePlugin, header: Header, engine: Engine
) -> None:
    """The panel loads other boards, with other slots, in the middle of each description."""
    plugin.attach(header)
    boards = [board().to_json(), Board([load("hall")]).to_json(), Board().to_json()]
    told = []
    for turn in range(12):
        plugin.send("board", boards[turn % 3])
        engine.replace_board(1, Board.from_json(boards[(turn + 1) % 3]))
        told += plugin.answers()
    wait_until(lambda: bool(told.extend(plugin.answers())) or _last_board(told) == _board_of(engine))
    # Each description is of one board: as many slots as it announces, and then its end.
    for index, fields in enumerate(told):
        if fields[0] == "describe":
            count = int(fields[4])
            assert [of[0] for of in told[index + 1 : index + 2 + count]] == ["slot"] * count + ["end"]


def _last_board(told: list[list[str]]) -> object:
    return _without_lanes([fields[1] for fields in told if fields[0] == "describe"][-1])


def _board_of(engine: Engine) -> object:
    return _without_lanes(engine.track(1).board_json())


def _without_lanes(text: str) -> object:
    return {key: value for key, value in json.loads(text).items() if key != "lanes"}
