# SPDX-License-Identifier: GPL-3.0-or-later
"""A file dropped on the panel, rendered offline through a track's board.

In a process of its own: rendering in this one would take the interpreter from the audio for seconds.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aiohttp import web

from ddsp_fx.errors import AudioError, EngineError, RefusedError
from ddsp_fx.files.folder import COMMON, SUFFIXES
from ddsp_fx_bridge.engine import Engine

MOST_UPLOAD_BYTES = 256 << 20
MOST_WAITING = 4
# A JSON array, in ASCII, of what was done to the file: folded down, taken in part, tags that got lost.
REMARKS = "X-Ddsp-Fx-Remarks"
_NOTE = "ddsp-fx: note: "
# A renderer must not compete with the audio: the scheduler gives it what is left.
_COMMAND = (
    "import os, sys; os.nice(10) if hasattr(os, 'nice') else None; from ddsp_fx.cli import main; sys.exit(main())"
)


class Renderer:
    """One file at a time; at most four wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one = asyncio.Semaphore(1)
        self._waiting = 0

    async def handle(self, request: web.Request) -> web.Response:
        """POST with the file as the body and ?track=N&name=FILE -> a WAV to download; 400, 404, 413, 422, 503.

        A damaged file is 422, and says how much of how much is good; ?salvage=1 takes that.
        """
        track, suffix, stem = self._asked(request)
        if self._waiting > MOST_WAITING:
            raise RefusedError(503, "", f"{self._waiting} files are being rendered already; try again")
        board = self._engine.track(track).board_json()
        self._waiting += 1
        folder = Path(tempfile.mkdtemp(prefix="ddsp-fx-"))
        try:
            await _receive(request, folder / f"in{suffix}")
            (folder / "board.json").write_text(board, encoding="utf-8")
            async with self._one:
                body, remarks = await _render(folder, suffix, salvage=request.query.get("salvage") == "1")
        finally:
            self._waiting -= 1
            shutil.rmtree(folder, ignore_errors=True)
        headers = {"Content-Disposition": f'attachment; filename="{stem}-ddsp-fx.wav"', REMARKS: json.dumps(remarks)}
        return web.Response(body=body, content_type="audio/wav", headers=headers)

    def _asked(self, request: web.Request) -> tuple[int, str, str]:
        number, name = request.query.get("track", "1"), request.query.get("name", "")
        suffix = Path(name).suffix.lower()
        if not number.isdigit() or int(number) not in self._engine.tracks:
            raise RefusedError(404, "", f"there is no track {number[:20]!r}")
        if suffix not in SUFFIXES:
            raise RefusedError(400, "", f"{name[-40:]!r} is not {', '.join(COMMON)}; name the file with ?name=")
        return int(number), suffix, re.sub(r"[^A-Za-z0-9._-]", "_", Path(name).stem)[:64]


async def _receive(request: web.Request, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for chunk in request.content.iter_chunked(1 << 16):
            size += len(chunk)
            if size > MOST_UPLOAD_BYTES:
                raise RefusedError(413, "", f"more than {MOST_UPLOAD_BYTES >> 20} MiB; use ddsp-fx apply")
            file.write(chunk)
    if not size:
        raise RefusedError(400, "", "the request has no body; send the audio file as it is")


async def _render(folder: Path, suffix: str, salvage: bool) -> tuple[bytes, list[str]]:
    source, out = str(folder / f"in{suffix}"), folder / "out.wav"
    # An MP3 that states no delay is taken as it decodes: nothing else is heard beside it here.
    arguments = ["apply", source, str(out), str(folder / "board.json"), "--quiet", "--encoder-delay", "0"]
    arguments += ["--salvage"] * salvage
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _, said = await asyncio.to_thread(process.communicate)
    finally:
        # The client has gone: nobody waits for the rest.
        if process.poll() is None:
            process.kill()
    told = said.decode("utf-8", "replace").replace(f"{folder}/in{suffix}: ", "")
    lines = [line for line in told.splitlines() if line.strip()]
    if process.returncode:
        last = lines[-1].removeprefix("ddsp-fx: ") if lines else "the renderer died"
        raise AudioError(last.partition("; --salvage")[0][:300])
    if not out.is_file():
        raise EngineError("the renderer wrote nothing")
    remarks = [line.removeprefix(_NOTE) for line in lines if line.startswith(_NOTE)]
    return await asyncio.to_thread(out.read_bytes), remarks
