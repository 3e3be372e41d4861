# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders a file dropped on the panel through a track's board, offline.

It uses a separate process, because rendering in this one would block the audio for seconds, and so that a malicious
file can do no harm.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from ddsp_fx.errors import AudioError, EngineError, RefusedError
from ddsp_fx.files.folder import COMMON, SUFFIXES
from ddsp_fx.leftovers import sweep
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.http.tracks import asked_track
from ddsp_fx_bridge.http.transfer import receive, send

# Each occupies a folder on disk from the first byte of the upload to the last of the answer.
MOST_AT_ONCE = 8
MOST_OF_ONE_CLIENT = 5
MOST_RENDER_S = 900.0
_PREFIX = "ddsp-fx-render-"
# An ASCII JSON array of remarks on the file: folded down, only partly readable, tags lost.
REMARKS = "X-Ddsp-Fx-Remarks"
_NOTE = "ddsp-fx: note: "


class Renderer:
    """Renders one file at a time. Uploads and downloads in progress do not block it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one = asyncio.Semaphore(1)
        self._of: Counter[str] = Counter()
        sweep(Path(tempfile.gettempdir()), _PREFIX)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """POST with the file as the body and ?track=N&name=FILE -> a WAV to download; 400, 404, 408, 413, 422, 503.

        A damaged file gives 422 with the readable length; ?salvage=1 uses the good part.
        """
        track, suffix, stem = self._asked(request)
        board = self._engine.track(track).board_json()
        with self._place(str(request.remote)) as folder:
            await receive(request, folder / f"in{suffix}")
            (folder / "board.json").write_text(board, encoding="utf-8")
            async with self._one:
                out, remarks = await _render(folder, suffix, salvage=request.query.get("salvage") == "1")
            name = f'attachment; filename="{stem}-ddsp-fx.wav"'
            headers = {"Content-Type": "audio/wav", "Content-Disposition": name, REMARKS: json.dumps(remarks)}
            return await send(request, out, headers)

    def _asked(self, request: web.Request) -> tuple[int, str, str]:
        track, name = asked_track(request, self._engine), request.query.get("name", "")
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise RefusedError(400, "", f"{name[-40:]!r} is not {', '.join(COMMON)}; name the file with ?name=")
        return track, suffix, re.sub(r"[^A-Za-z0-9._-]", "_", Path(name).stem)[:64]

    @contextmanager
    def _place(self, client: str) -> Iterator[Path]:
        """A temporary folder for one file; raises RefusedError 503."""
        if self._of.total() >= MOST_AT_ONCE or self._of[client] >= MOST_OF_ONE_CLIENT:
            raise RefusedError(503, "", f"{self._of.total()} files are being transferred already; try again")
        self._of[client] += 1
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            self._of[client] -= 1
            self._of += Counter()  # drops what is at 0


async def _render(folder: Path, suffix: str, salvage: bool) -> tuple[Path, list[str]]:
    source, out = folder / f"in{suffix}", folder / "out.wav"
    # An MP3 without a stated delay is decoded without correction, because it is not mixed with anything here.
    options = ["--quiet", "--trust", "--encoder-delay", "0", *["--salvage"] * salvage]
    said, code = await _run([str(source), str(out), str(folder / "board.json"), *options])
    told = said.replace(f"{source}: ", "").replace(str(folder), "")
    lines = [line for line in told.splitlines() if line.strip()]
    if code:
        last = lines[-1].removeprefix("ddsp-fx: ") if lines else "the renderer died"
        raise AudioError(last.partition("; --salvage")[0][:300])
    if not out.is_file():
        raise EngineError("the renderer wrote nothing")
    return out, [line.removeprefix(_NOTE) for line in lines if line.startswith(_NOTE)]


async def _run(arguments: list[str]) -> tuple[str, int]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "ddsp_fx_bridge.http.render_child", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(MOST_RENDER_S):
            _, said = await asyncio.to_thread(process.communicate)
    except TimeoutError:
        raise RefusedError(413, "", f"not rendered within {MOST_RENDER_S / 60:g} minutes; use ddsp-fx apply") from None
    finally:
        # The client has gone or the time is over, so nobody needs the result.
        if process.poll() is None:
            process.kill()
    return said.decode("utf-8", "replace"), process.returncode
