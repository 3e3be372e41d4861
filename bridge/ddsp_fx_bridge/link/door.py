# SPDX-License-Identifier: GPL-3.0-or-later
"""Accepts plugins at a Unix socket that belongs to this user, and starts a session for each."""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.link.menu import Menu
from ddsp_fx_bridge.link.messages import encode
from ddsp_fx_bridge.link.session import Session
from ddsp_fx_bridge.link.workers import Workers

# More than any project's tracks; a faulty host is refused before it exhausts the machine.
MOST_SESSIONS = 256
_AGAIN_S = 0.2


def socket_path() -> Path:
    """`$DDSP_FX_LINK`, else a path in the user's folder for sockets."""
    if chosen := os.environ.get("DDSP_FX_LINK"):
        return Path(chosen)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return (Path(runtime) / "ddsp-fx" if runtime else Path(f"/tmp/ddsp-fx-{os.getuid()}")) / "link"


class LinkDoor:
    """Listens from its creation on, and answers after `start`; each plugin brings its own audio.

    Args:
        engine: gets a track for each plugin.
        path: of the socket.
        boards: the folder of saved boards, which users choose from.
        idle_exit_s: `ended` is set when no plugin has been connected for this long; None means never.

    Attributes:
        url: of the control panel, sent to plugins.
        ended: set when the door has nothing to wait for.

    Raises EngineError if the folder does not belong to the user, or another engine listens there.
    """

    def __init__(self, engine: Engine, path: Path, boards: Library, idle_exit_s: float | None = None) -> None:
        self._engine, self.path, self._idle_exit_s = engine, path, idle_exit_s
        self._menu, self._workers = Menu(boards), Workers()
        self.url = ""
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self._stopping = threading.Event()
        self._has_told = False
        self._sessions: dict[Session, threading.Thread] = {}
        self._lock_file = _lock(path)
        try:
            self._listener = _listen(path)
        except EngineError:
            self._lock_file.close()
            raise
        self._thread = threading.Thread(target=self._run, name="ddsp-fx link", daemon=True)

    @property
    def description(self) -> str:
        """The text for the status line."""
        return f"plugins in DAWs, at {self.path}"

    @property
    def sessions(self) -> int:
        """The number of connected plugins."""
        return len(self._sessions)

    def start(self) -> None:
        """Start to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End all sessions and stop listening. May be called again, and before `start`."""
        if self._lock_file.closed:
            return
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for session, thread in tuple(self._sessions.items()):
            session.stop()
            thread.join()
        self._workers.stop()
        self._listener.close()
        self.path.unlink(missing_ok=True)
        self._lock_file.close()

    def _run(self) -> None:
        self._listener.settimeout(0.1)
        idle_since = time.monotonic()
        while not self._stopping.is_set():
            connection = self._accept()
            if connection is not None:
                self._open(connection)
            if connection is not None or self._sessions:
                idle_since = time.monotonic()
            if self._idle_exit_s is not None and time.monotonic() - idle_since > self._idle_exit_s:
                self.ended.set()

    def _accept(self) -> socket.socket | None:
        """A connection within 0.1 s, or None. Without a free file descriptor, none can be accepted for now."""
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return None
        except OSError as error:
            if not self._has_told:
                self._has_told = True
                print(f"ddsp-fx: cannot accept a plugin's connection: {error.strerror}; trying again", file=sys.stderr)
            self._stopping.wait(_AGAIN_S)
            return None
        self._has_told = False
        return connection

    def _open(self, connection: socket.socket) -> None:
        if len(self._sessions) >= MOST_SESSIONS:
            with connection, suppress(OSError):
                connection.sendall(encode(["refused", f"{MOST_SESSIONS} plugins are connected already"]))
            return
        session = Session(connection, self._engine, self._menu, self.url, self._workers)
        thread = threading.Thread(target=self._serve, args=(session,), name="ddsp-fx link session", daemon=True)
        self._sessions[session] = thread
        thread.start()

    def _serve(self, session: Session) -> None:
        try:
            session.run()
        finally:
            self._sessions.pop(session, None)


def _lock(path: Path) -> IO[str]:
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise EngineError(f"{folder} cannot hold the socket for plugins: {error.strerror}") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise EngineError(
            f"{folder} must be your own folder, which nobody else can enter (mode 700); "
            "DDSP_FX_LINK can name a socket elsewhere"
        )
    import fcntl

    file = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise EngineError(f"an engine serves {path} already; plugins use that one") from None
    return file


def _listen(path: Path) -> socket.socket:
    # The lock is held, so an existing file was left by a dead engine.
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise EngineError(f"{path} cannot be a socket: {error}") from None
    path.chmod(0o600)
    # An engine that still starts has its whole session in the queue.
    listener.listen(MOST_SESSIONS)
    return listener
