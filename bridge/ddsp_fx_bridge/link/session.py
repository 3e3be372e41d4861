# SPDX-License-Identifier: GPL-3.0-or-later
"""The session of one plugin, connected by a socket: its board, its segment, its track."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from ddsp_fx import __version__
from ddsp_fx.board import Board
from ddsp_fx.errors import DdspFxError
from ddsp_fx_bridge.engine import Engine, Layout, Track
from ddsp_fx_bridge.link.connection import Connection
from ddsp_fx_bridge.link.menu import Menu
from ddsp_fx_bridge.link.messages import VERSION
from ddsp_fx_bridge.link.report import Report
from ddsp_fx_bridge.link.restoring import Project
from ddsp_fx_bridge.link.segment import Segment
from ddsp_fx_bridge.link.slots import Slots
from ddsp_fx_bridge.link.stream import PIECE, Stream
from ddsp_fx_bridge.link.workers import Workers

# How often changes by the plugin's automation are sent to others, and changes by others to the plugin.
TICK_S = 0.02


class Session:
    """Runs in the thread that calls `run`, until the plugin disconnects or `stop` is called.

    Args:
        connected: a Unix stream socket; closed at the end.
        engine: the track's engine.
        menu: what users can choose from.
        url: of the control panel, or "".
        workers: whose threads process the audio.
    """

    def __init__(self, connected: socket.socket, engine: Engine, menu: Menu, url: str, workers: Workers) -> None:
        self._engine, self._menu, self._url, self._workers = engine, menu, url, workers
        self._connection = Connection(connected, TICK_S)
        self._send = self._connection.send
        self._board: Board = Board()
        self._track: Track | None = None
        self._segment: Segment | None = None
        self._stream: Stream | None = None
        self._report = Report(engine, self._send)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Call from another thread: ends `run` within a tick."""
        self._stopping.set()

    def run(self) -> None:
        """Run the session. A plugin's faults end its session and affect nothing else."""
        end = self._engine.listen(lambda event: self._report.listen(event, self))
        try:
            self._loop()
        except (OSError, DdspFxError):
            return
        finally:
            end()
            self._close()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            messages = self._connection.receive()
            if messages is None or not all(self._handle(fields) for fields in messages):
                return
            self._tick()

    def _close(self) -> None:
        self._detach()
        if self._track is not None:
            with suppress(DdspFxError):
                self._engine.remove_track(self._track.number)
        self._connection.close()

    def _detach(self) -> None:
        if self._stream is not None:
            self._stream.stop()
            self._stream = None

    def _handle(self, fields: list[str]) -> bool:
        """Handle a message; False if the plugin disconnects."""
        verb, *rest = fields
        if verb == "hello":
            return self._hello(rest)
        if verb == "ping":
            self._send("pong", *rest)
        elif verb == "board":
            self._restore(rest)
        elif verb == "load" and rest:
            self._change_board(lambda: self._menu.board(rest[0]))
        elif verb == "attach":
            self._attach()
        return verb != "bye"

    def _hello(self, rest: list[str]) -> bool:
        if not rest or rest[0] != str(VERSION):
            text = f"this engine speaks version {VERSION} of the link, the plugin {rest[0] if rest else 'none'}"
            self._send("refused", f"{text}: ddsp-fx vst install installs the matching plugin")
            return False
        self._send("welcome", str(VERSION), __version__, self._url)
        self._send("menu", *self._menu.names())
        return True

    def _restore(self, fields: list[str]) -> None:
        """Restore a project's board, with its lanes."""
        undo: Callable[[], None] | None = None

        def make() -> Board:
            nonlocal undo
            project = Project.read(fields)
            board = project.board()
            undo = self._report.restore(project.lanes(), project.values)
            return board

        if not self._change_board(make) and undo is not None:
            undo()

    def _change_board(self, make: Callable[[], Board]) -> bool:
        """Load another board; False if it cannot be made, and the track then keeps its own."""
        try:
            board = make()
            if self._track is not None:
                self._engine.replace_board(self._track.number, board)
            self._board = board
        except Exception as error:
            # Models and third-party plugins may raise anything.
            self._send("error", "board", _one_line(error))
            return False
        self._describe()
        return True

    def _attach(self) -> None:
        try:
            self._take_segment()
        except DdspFxError as error:
            self._send("error", "attach", str(error))
        else:
            self._describe()
            self._start()

    def _take_segment(self) -> None:
        descriptor = self._connection.take_descriptor()
        try:
            segment = Segment(descriptor)
        finally:
            os.close(descriptor)
        self._detach()
        layout = Layout(segment.header.sample_rate, PIECE, segment.header.channels)
        track = self._track
        if track is None or track.layout != layout:
            track = self._new_track(layout)
        track.link_latency_samples = segment.header.link_latency
        self._segment, self._track = segment, track

    def _start(self) -> None:
        if self._segment is not None and self._track is not None:
            self._stream = Stream(self._segment, self._track, self._report.slots, self._workers)
            self._stream.start()

    def _new_track(self, layout: Layout) -> Track:
        """A track for a new sample rate, or the first. Prepared here, because adding a track blocks the others."""
        before, self._track = self._track, None
        if before is not None:
            self._engine.remove_track(before.number)
        try:
            self._board = Board.from_json(before.board_json(), trust=True) if before is not None else self._board
            self._board.prepare(layout.sample_rate, layout.max_block_size, layout.channels)
        except Exception as error:
            self._send("error", "board", _one_line(error))
            self._board = Board()
        return self._engine.add_track(self._board, layout)

    def _describe(self) -> None:
        if self._track is not None:
            self._report.describe(self._track, self._use)

    def _use(self, slots: Slots, generation: int) -> None:
        if self._stream is not None:
            self._stream.use(slots, generation)

    def _tick(self) -> None:
        track, stream = self._track, self._stream
        if track is None or stream is None:
            return
        if track.generation != self._report.generation:
            self._describe()
        touched = [stream.touched.popleft() for _ in range(len(stream.touched))]
        if touched:
            self._engine.applied(self._report.take_touched(track, touched), self)
        self._report.tell(track)


def _one_line(error: Exception) -> str:
    return str(error) if isinstance(error, DdspFxError) else f"{type(error).__name__}: {error}"
