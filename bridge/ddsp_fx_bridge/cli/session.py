# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx serve` from start to stop."""

from __future__ import annotations

import gc
import ipaddress
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from ddsp_fx.board import Board
from ddsp_fx.board.text import parse_board
from ddsp_fx.errors import EngineError
from ddsp_fx.files.names import printable
from ddsp_fx_bridge.cli.sources import folder, open_door
from ddsp_fx_bridge.engine import Engine
from ddsp_fx_bridge.engine.doors import AudioSource
from ddsp_fx_bridge.engine.events import Event, Failed
from ddsp_fx_bridge.link import LinkDoor
from ddsp_fx_bridge.server import HTTP_PORT, LOOPBACK, OSC_PORT, Doors, Network, Server

STATUS_S = 1.0
# How long the network thread may hold the interpreter lock when the audio thread wants it, many times per block: 2 % of
# a block of 256 at 48 kHz. Python's default is 5 ms, a whole block.
SWITCH_S = 0.0001
# The thread that plays plugins takes the lock back many times a block.
SWITCH_LINK_S = 0.0005


class ServeRun:
    """One run of the command."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments = arguments
        self._stop = threading.Event()
        self.server: Server | None = None

    def run(self) -> int:
        """Report everything that can be wrong before any audio runs, then run."""
        arguments = self._arguments
        doors = self._doors()
        boards = [_board(chain, arguments.trust) for chain in arguments.chains] or [Board()] * (not arguments.link)
        with ExitStack() as stack:
            engine, door = open_door(arguments, stack)
            for board in boards:
                engine.add_track(board)
            engine.listen(_log)
            server = self.server = self._listening(engine, doors)
            stack.callback(self._closed, server)
            server.start()
            self._warm(server)
            stack.callback(gc.unfreeze)
            if arguments.record:
                taken = server.studio.record(1, arguments.record)
                print(f"recording {printable(taken)}")
            stack.enter_context(interpreter_for_audio(SWITCH_LINK_S if arguments.link else SWITCH_S))
            stack.enter_context(self._signals())
            if isinstance(door, LinkDoor):
                door.url = server.url
            door.start()
            stack.callback(door.stop)
            self._greet(server, door)
            self._wait(server, door)
        return 0

    def _doors(self) -> Doors:
        a = self._arguments
        for name, port in (("--osc-port", a.osc_port), ("--http-port", a.http_port)):
            if port is not None and not 0 <= port <= 65535:
                raise EngineError(f"{name} {port} is outside 0 to 65535")
        try:
            allow = tuple(ipaddress.ip_network(text, strict=False) for text in a.allow)
            host = str(ipaddress.IPv4Address(a.lan)) if a.lan else "127.0.0.1"
        except ValueError as error:
            raise EngineError(
                f"{error}; --lan takes an IPv4 address, --allow a network such as 192.168.1.0/24"
            ) from None
        if a.lan and not allow:
            raise EngineError(
                f"--lan {a.lan} needs --allow NETWORK, the network that may control this engine, such as 192.168.1.0/24"
            )
        if allow and not a.lan:
            raise EngineError("--allow needs --lan: without it only this machine can connect; add --lan 0.0.0.0")
        networks: tuple[Network, ...] = (*LOOPBACK, *allow)
        osc, http = _or(a.osc_port, OSC_PORT), _or(a.http_port, HTTP_PORT)
        return Doors(host, osc, http, networks, a.mdns, realtime=True)

    def _listening(self, engine: Engine, doors: Doors) -> Server:
        """Start the server. A DAW's engine takes other ports if the usual ones are taken, unless ports were given."""
        a = self._arguments
        boards, takes = folder(a, "boards"), folder(a, "takes")
        try:
            return Server(engine, boards, takes, doors)
        except EngineError:
            if not a.link or (a.osc_port is not None and a.http_port is not None):
                raise
        return Server(engine, boards, takes, replace(doors, osc_port=_or(a.osc_port, 0), http_port=_or(a.http_port, 0)))

    @staticmethod
    def _warm(server: Server) -> None:
        """Import and compile now: at first use, while audio runs, that would hold the interpreter lock for a second."""
        from ddsp_fx.effects.kernels import compile_kernels
        from ddsp_fx_bridge.engine.meters import compile_meters
        from ddsp_fx_bridge.http.eyes import Eyes

        for track in server.engine.tracks.values():
            Eyes(server.engine, track).look()
        # A plugin's effects come later, and their kernels would hold it then.
        compile_kernels()
        compile_meters()
        # A full collection looks at 130,000 objects, most of them numba's, for 56 ms; none of them is ever freed.
        gc.collect()
        gc.freeze()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [n for name in ("SIGINT", "SIGTERM", "SIGHUP") if (n := getattr(signal, name, None)) is not None]
        # A hang-up signal that was ignored at start (nohup) stays ignored.
        heard = [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]
        before = {n: signal.signal(n, lambda *_: self._stop.set()) for n in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Stop from another thread, like an interrupt."""
        self._stop.set()

    def _greet(self, server: Server, door: AudioSource) -> None:
        engine = server.engine
        if self._arguments.lan:
            print(
                f"ddsp-fx: warning: anyone in {', '.join(self._arguments.allow)} can change sounds, load and save "
                "boards by name, and upload files to render; nothing is encrypted",
                file=sys.stderr,
            )
        for number, track in engine.tracks.items():
            print(f"track {number}: {' | '.join(track.board.slot_names()) or 'an empty board'}")
        latency = max((t.latency_samples for t in engine.tracks.values()), default=0)
        house = (
            f", {engine.sample_rate:g} Hz, blocks of {engine.layout.max_block_size}, "
            f"latency of the boards {1000.0 * latency / engine.sample_rate:.1f} ms"
        )
        print(f"audio: {door.description}{'' if isinstance(door, LinkDoor) else house}")
        print(f"OSC: udp port {server.osc_port}; panel and OSCQuery: {server.url}", flush=True)

    def _wait(self, server: Server, door: AudioSource) -> None:
        seconds = self._arguments.seconds
        ends = time.monotonic() + seconds if seconds else None
        told = 0.0
        while not self._stop.wait(0.1):
            now = time.monotonic()
            if door.ended.is_set():
                if door.error is not None:
                    raise door.error
                break
            if ends is not None and now >= ends:
                break
            if not self._arguments.quiet and now - told >= STATUS_S:
                told = now
                self._status(server)

    @staticmethod
    def _status(server: Server) -> None:
        if not sys.stdout.isatty():
            return
        load = server.engine.load
        text = (
            f"load {100 * load.mean:5.1f} %  peak {100 * load.peak:5.1f} %  xruns {load.xruns}  "
            f"clients {server.service.hub.count}  messages {server.service.dispatcher.messages}"
        )
        print(f"\r{text:<78}", end="", flush=True)

    def _closed(self, server: Server) -> None:
        failed = server.stop()
        if sys.stdout.isatty() and not self._arguments.quiet:
            print()
        for line in failed:
            print(f"ddsp-fx: {line}", file=sys.stderr)
        load = server.engine.load
        print(f"stopped: {server.service.dispatcher.messages} messages, {load.xruns} xruns")


def _log(event: Event) -> None:
    if isinstance(event, Failed):
        print(f"ddsp-fx: track {event.track}: {printable(event.text)}", file=sys.stderr)


def _or(chosen: int | None, default: int) -> int:
    return default if chosen is None else chosen


def _board(chain: str, trust: bool) -> Board:
    """A chain's board. If the chain is only a board's file, that board itself, so that its slots have addresses."""
    board = parse_board(chain, trust)
    return board[0] if len(board) == 1 and isinstance(board[0], Board) else board


@contextmanager
def interpreter_for_audio(switch_s: float = SWITCH_S) -> Iterator[None]:
    """Context with short thread turns, and without garbage collection of the objects that exist now.

    A full collection held the interpreter lock for 80 ms, 15 blocks.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(switch_s)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        sys.setswitchinterval(before)
