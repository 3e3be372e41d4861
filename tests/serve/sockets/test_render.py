# SPDX-License-Identifier: GPL-3.0-or-later
"""An uploaded file is rendered like by `ddsp-fx apply`."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from files.sounds import chunk, encoded, fmt, pcm16, voice, wave
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx import Board
from ddsp_fx_bridge.server import Server
from serve.sockets.peers import change


def post(server: Server, query: str, body: bytes) -> tuple[int, bytes, Any]:
    request = urllib.request.Request(f"{server.url}api/render?{query}", data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_dropped_file_comes_back_as_apply_would_make_it(
    server: Server, tmp_path: Path, make_board: Callable[[], Board]
) -> None:
    audio = tone(0.3, 44100, channels=2)
    with AudioFile(str(tmp_path / "in.wav"), "w", 44100, 2, bit_depth=32) as file:
        file.write(audio)
    server.engine.change([change(0.5)])
    status, body, headers = post(server, "track=1&name=my%20song.wav", (tmp_path / "in.wav").read_bytes())
    assert status == 200
    assert headers["Content-Disposition"] == 'attachment; filename="my_song-ddsp-fx.wav"'
    (tmp_path / "out.wav").write_bytes(body)
    board = make_board()
    board.mix = 0.5
    with AudioFile(str(tmp_path / "out.wav")) as file:
        assert np.array_equal(file.read(file.frames), board.render(audio, 44100))


def test_what_was_done_to_a_file_is_told(server: Server) -> None:
    whole = encoded(voice(3.0), "wav")
    cut = whole[: len(whole) // 2]
    status, said, _ = post(server, "track=1&name=a.wav", cut)
    assert status == 422
    assert said.startswith(b"1.499 s of 3.000 s can be read: the file ends before its samples do")
    assert b"--salvage" not in said
    status, body, headers = post(server, "track=1&name=a.wav&salvage=1", cut)
    assert status == 200
    assert body[:4] == b"RIFF"
    assert "1.499 s of 3.000 s can be read" in json.loads(headers["X-Ddsp-Fx-Remarks"])[0]
    surround = wave(fmt(6), chunk(b"data", pcm16(voice(1.0, channels=6))))
    _, _, headers = post(server, "track=1&name=a.wav", surround)
    assert "folded down to 2" in json.loads(headers["X-Ddsp-Fx-Remarks"])[0]


def test_files_that_cannot_be_rendered(server: Server) -> None:
    assert post(server, "track=1&name=a.wav", b"not audio")[0] == 422
    assert b"not an audio file" in post(server, "track=1&name=a.wav", b"not audio")[1]
    assert post(server, "track=1&name=a.exe", b"x")[0] == 400
    assert post(server, "track=1&name=a.wav", b"")[0] == 400
    assert post(server, "track=7&name=a.wav", b"x")[0] == 404
