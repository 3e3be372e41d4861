# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller at a real MIDI port: JACK's, which needs no sound card and no kernel sequencer."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import write_bundle

from ddsp_fx_bridge.daw.wire import from_packet

pytestmark = pytest.mark.slow
JACK = shutil.which("jackd")
COMMAND = """
import sys
from argparse import ArgumentParser
from ddsp_fx_bridge.daw import command
parser = ArgumentParser()
command.add_arguments(parser)
command.run(parser.parse_args(sys.argv[1:]))
"""
# Waits for the command's port, then turns a knob.
KNOB = """
import mido, time
for _ in range(600):
    ports = [name for name in mido.get_output_names() if "our knobs" in name]
    if ports:
        break
    time.sleep(0.1)
with mido.open_output(ports[0]) as port:
    for value in (0, 127, 64):
        port.send(mido.Message("control_change", control=74, value=value))
        time.sleep(0.1)
"""


@pytest.fixture
def jack() -> Iterator[dict[str, str]]:
    """The environment for programs that use it."""
    pytest.importorskip("rtmidi")
    if JACK is None:
        pytest.skip("JACK is not installed: apt install jackd2")
    name = f"ddsp-fx-{os.getpid()}"
    words = [JACK, "--no-realtime", "--name", name, "-d", "dummy"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        # A client that starts before the server is ready would be refused.
        ready = subprocess.run(["jack_wait", "--server", name, "--wait", "--timeout", "30"], capture_output=True)
        if ready.returncode or server.poll() is not None:
            server.kill()
            pytest.skip(f"JACK does not start here: {(server.communicate()[0] or '').strip()[-300:]}")
        yield {**os.environ, "JACK_DEFAULT_SERVER": name, "MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_a_knob_arrives_at_the_engines_address(
    jack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bundle(tmp_path / "place" / "hall")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(60)
        maps = ["--midi-cc", "74=hall.tone:-6..6", "--midi-port", "virtual:our knobs"]
        words = [sys.executable, "-c", COMMAND, "midi", "hall", *maps, "--port", str(ear.getsockname()[1])]
        environment = {**jack, "DDSP_FX_PATH": str(tmp_path / "place")}
        with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE) as running:
            try:
                subprocess.run([sys.executable, "-c", KNOB], env=jack, check=True, timeout=120)
                heard = [from_packet(ear.recv(4096))[0] for _ in range(3)]
            finally:
                running.terminate()
    assert [address for address, _ in heard] == ["/track/1/hall/tone"] * 3
    assert [value for _, value in heard] == pytest.approx([-6.0, 6.0, -6.0 + 12.0 * 64 / 127])
