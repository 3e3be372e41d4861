# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports which plugins are installed, and whether the engine answers."""

from __future__ import annotations

import os
import shlex
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ddsp_fx_bridge.link import socket_path
from ddsp_fx_bridge.link.messages import VERSION, LineReader, encode
from ddsp_fx_bridge.vst.install import Installed, engine_file, versions_installed
from ddsp_fx_bridge.vst.latency import LinkLatency, current

_PATIENCE_S = 5.0


def status(targets: Sequence[Installed]) -> dict[str, Any]:
    """As data: `plugins` by format, `start` (words, works), `link` (ms, source, problem), `engine` (socket, answer)."""
    versions = versions_installed()
    words = start_words()
    return {
        "plugins": {
            t.format: {"path": str(t.path), "installed": t.is_there, "version": versions.get(str(t.path))}
            for t in targets
        },
        "start": {"file": str(engine_file()), "words": words, "works": _works(words)},
        "link": asdict(current()),
        "engine": {"socket": str(socket_path()), **answer(socket_path())},
    }


def start_words() -> list[str]:
    """The command that starts an engine, empty if nothing is installed."""
    try:
        return [word for word in engine_file().read_text(encoding="utf-8").splitlines() if word]
    except OSError:
        return []


def _works(words: Sequence[str]) -> bool:
    return bool(words) and os.access(words[0], os.X_OK)


def answer(path: Path, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
    """An engine's answer to hello: `answers`, `version`, `panel`, or `answers` False and `text`."""
    try:
        (fields, *_) = _conversation(path, [], patience_s) or [[]]
    except OSError as error:
        return {"answers": False, "text": error.strerror or str(error)}
    if fields[:1] != ["welcome"]:
        return {"answers": False, "text": " ".join(fields[1:]) or "it closed the connection"}
    return {"answers": True, "version": fields[2], "panel": fields[3] if len(fields) > 3 else ""}


def refusal(path: Path, board_json: str, patience_s: float = _PATIENCE_S) -> str:
    """The reason why the engine there cannot build a board, "" if it can; raises OSError if none answers."""
    heard = _conversation(path, ["board", board_json], patience_s)
    return next((fields[2] for fields in heard if fields[:2] == ["error", "board"]), "")


def _conversation(path: Path, message: Sequence[str], patience_s: float) -> list[list[str]]:
    """An engine's answers to hello and a message."""
    heard: list[list[str]] = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(patience_s)
        connection.connect(str(path))
        said = [["hello", str(VERSION), "ddsp-fx"], *([message] if message else []), ["ping"]]
        connection.sendall(b"".join(encode(fields) for fields in said))
        lines = LineReader()
        while ["pong"] not in heard and (data := connection.recv(65536)):
            heard += lines.feed(data)
    return heard


def latency_line(setting: LinkLatency) -> str:
    """The link's latency for people."""
    note = f"; {setting.problem}" if setting.problem else ""
    return f"link:   latency of the host's block and {setting.ms:g} ms ({setting.source}{note})"


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The same data as lines for people."""
    for name, plugin in found["plugins"].items():
        text = f"{plugin['path']}, version {plugin['version'] or 'unknown'}" if plugin["installed"] else "not installed"
        yield f"{name + ':':<8}{text}"
    start = found["start"]
    if not start["words"]:
        yield "start:  plugins cannot start an engine: ddsp-fx vst install"
    elif not start["works"]:
        yield f"start:  {start['words'][0]} does not exist any more: ddsp-fx vst install"
    else:
        yield f"start:  {shlex.join(start['words'])}"
    yield latency_line(LinkLatency(**found["link"]))
    engine = found["engine"]
    if engine["answers"]:
        yield f"engine: version {engine['version']} answers at {engine['socket']}; panel at {engine['panel']}"
    else:
        yield f"engine: none answers at {engine['socket']} ({engine['text']}); a plugin starts it when needed"
