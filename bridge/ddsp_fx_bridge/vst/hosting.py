# SPDX-License-Identifier: GPL-3.0-or-later
"""A board as a pedalboard plugin: the VST3 runs in this process, its board in an engine."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddsp_fx.board import Board
from ddsp_fx.effects.base import Effect
from ddsp_fx.errors import EngineError, MissingExtraError
from ddsp_fx_bridge.link import socket_path
from ddsp_fx_bridge.vst.build import build_folder
from ddsp_fx_bridge.vst.install import engine_words, places, versions_installed
from ddsp_fx_bridge.vst.sources import source_folder
from ddsp_fx_bridge.vst.status import answer, refusal

if TYPE_CHECKING:
    import pedalboard

# An engine usually answers within two seconds; on a busy machine it takes longer.
PATIENCE_S = 60
_environment = threading.Lock()


def as_pedalboard(effect: Effect) -> pedalboard.VST3Plugin:
    """Raises MissingExtraError if the VST3 is not installed, BoardError for an effect without a name to load it by.

    Raises EngineError if no engine can be started, or if it cannot build the board.
    """
    from pedalboard import VST3Plugin

    plugin_path = vst3_path()
    text = (effect if isinstance(effect, Board) else Board([effect])).to_json()
    ensure_engine(socket_path())
    refused = refusal(socket_path(), text, PATIENCE_S)
    if refused:
        raise EngineError(f"the engine cannot build this board: {refused}")
    # If this engine dies, the plugin starts the next one in the same way.
    start = os.environ.get("DDSP_FX_ENGINE", "\n".join(engine_words()))
    # The plugin reads them in its constructor; from then on its parameters have the board's names.
    with _set_environment({"DDSP_FX_BOARD": text, "DDSP_FX_CONNECT_S": str(PATIENCE_S), "DDSP_FX_ENGINE": start}):
        plugin: Any = VST3Plugin(str(plugin_path))
    said = plugin.parameters["engine"].string_value
    if not said.startswith("ready"):
        raise EngineError(f"the plugin has no engine: {said}")
    return plugin  # type: ignore[no-any-return]


def vst3_path() -> Path:
    """The VST3 that was installed, else the one that was built; raises MissingExtraError."""
    installed = [Path(path) for path in versions_installed() if path.endswith(".vst3")]
    standard = places(Path.home(), ["vst3"])[0].path
    for path in (*installed, standard, build_folder(source_folder()) / "bin" / standard.name):
        if path.is_dir():
            return path
    raise MissingExtraError(f"the VST3 is not at {standard}; install it: ddsp-fx vst install")


def ensure_engine(path: Path) -> None:
    """Make sure that an engine answers at that socket; raises EngineError with its output if none can be started."""
    if answer(path)["answers"]:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = time.monotonic() + PATIENCE_S
    with _turn_to_start(path, end):
        # Whoever had the turn before may have started it.
        if not answer(path)["answers"]:
            _start(path, end)


@contextmanager
def _turn_to_start(path: Path, end: float) -> Iterator[None]:
    """Held by one process at a time, plugins included (docs/link.md)."""
    import fcntl

    with path.with_name(f"{path.name}.start").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise EngineError(
                        f"another program has been starting the engine at {path} for {PATIENCE_S:g} s; see {path}.log"
                    ) from None
            time.sleep(0.05)
        yield


def _start(path: Path, end: float) -> None:
    log = path.with_name(f"{path.name}.log")
    with _started(log, {**os.environ, "DDSP_FX_LINK": str(path)}) as life:
        gone = False
        while not answer(path)["answers"]:
            if gone or time.monotonic() > end:
                said = log.read_text(errors="replace").strip().splitlines()[-1:]
                raise EngineError(f"the engine does not start: {''.join(said) or 'it printed nothing'}")
            # If its user has started one at the same time, this one finds the socket taken and exits: try once more.
            gone = bool(select.select([life], [], [], 0.05)[0])


@contextmanager
def _started(log: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """A pipe that is closed when the engine ends. A shell that exits at once starts it, so it has no parent here."""
    script = 'log="$1"; shift; "$@" </dev/null >"$log" 2>&1 &'
    life, held = os.pipe()
    try:
        words = ["sh", "-c", script, "sh", str(log), *engine_words()]
        subprocess.run(words, check=True, start_new_session=True, env=environment, pass_fds=[held])
    finally:
        os.close(held)
    try:
        yield life
    finally:
        os.close(life)


@contextmanager
def _set_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for a moment, because a process has only one environment."""
    with _environment:
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
