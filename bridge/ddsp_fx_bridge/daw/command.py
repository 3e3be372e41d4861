# SPDX-License-Identifier: GPL-3.0-or-later
"""connect a DAW, a controller or a MIDI port to the parameters: files, relay"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ddsp_fx.files.names import printable

CHAIN = "the chain that the engine's track runs: text as for `ddsp-fx apply`, or a board's .json"
EPILOG = """Each of the first five writes files into a folder; docs/daw explains how to use them. REAPER, Bitwig and
AbletonOSC number their parameters, so run `ddsp-fx daw relay FILE` with them to translate numbers into names."""
WRITERS = {
    "reaper": "a JSFX with automated sliders, a .ReaperOSC pattern file, and the relay's map",
    "ardour": "a Lua plugin with automated controls, and the Lua script that sends them",
    "bitwig": "the relay's map for DrivenByMoss's project remote controls",
    "live": "a Max for Live device that sends OSC, and the relay's map for the macros of AbletonOSC",
    "touchosc": "a TouchOSC layout, and the same layout for Open Stage Control",
}
RELAY = "translate between the engine and a DAW that numbers its parameters"
MIDI = "send the moves of a MIDI controller to the engine"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the subcommands."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    kinds = parser.add_subparsers(dest="daw", metavar="WHAT", required=True)
    for name, summary in WRITERS.items():
        _writer(kinds.add_parser(name, help=summary, description=summary), name)
    relay = kinds.add_parser("relay", help=RELAY, description=RELAY)
    relay.add_argument("map", help="a .relay.json that one of the other commands wrote")
    _midi(kinds.add_parser("midi", help=MIDI, description=MIDI))


def _writer(parser: ArgumentParser, name: str) -> None:
    parser.add_argument("folder", help="the folder for the files")
    parser.add_argument("chain", help=CHAIN)
    parser.add_argument(
        "--faders", metavar="A,B", help="only these parameters, in this order: violin.pitch_shift,mix (default: all)"
    )
    _engine(parser)
    if name == "bitwig":
        parser.add_argument(
            "--resolution", type=int, default=128, metavar="N", help="DrivenByMoss's value resolution (default 128)"
        )


def _midi(parser: ArgumentParser) -> None:
    parser.add_argument("chain", help=CHAIN)
    parser.add_argument(
        "--midi-cc", metavar="MAP", action="append", default=[], help="74=violin.pitch_shift:-12..12; repeatable"
    )
    parser.add_argument("--midi-map", metavar="FILE", help="a text file with one such MAP per line")
    parser.add_argument("--midi-port", metavar="NAME", help="part of a port's name, or virtual:NAME to make one")
    _engine(parser)


def _engine(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="the engine's address, as the DAW reaches it (default 127.0.0.1)"
    )
    parser.add_argument("--port", type=int, default=9000, help="the engine's OSC port (default 9000)")
    parser.add_argument(
        "--track", type=int, default=1, metavar="N", help="track of the engine, counted from 1 (default 1)"
    )


def run(arguments: Namespace) -> int:
    """Returns 0 when done; raises DdspFxError."""
    if arguments.daw == "relay":
        return _run_relay(arguments)
    if arguments.daw == "midi":
        return _run_midi(arguments)
    return _run_writer(arguments)


def _run_writer(arguments: Namespace) -> int:
    from importlib import import_module

    from ddsp_fx.board.text import parse_board
    from ddsp_fx.errors import BoardError
    from ddsp_fx_bridge.daw.faders import Target, board_faders, check_track
    from ddsp_fx_bridge.daw.files import write_all

    target = Target(arguments.host, arguments.port, check_track(arguments.track))
    only = [name.strip() for name in (arguments.faders or "").split(",") if name.strip()]
    faders = board_faders(parse_board(arguments.chain), only)
    if not faders:
        raise BoardError(
            f"{arguments.chain!r}: no parameter of this chain has a known range, so there is no fader to make"
        )
    options = {"resolution": arguments.resolution} if arguments.daw == "bitwig" else {}
    made = import_module(f"ddsp_fx_bridge.daw.{arguments.daw}").files(faders, target, **options)
    for path in write_all(Path(arguments.folder), made):
        print(printable(path))
    return 0


def _run_relay(arguments: Namespace) -> int:
    import asyncio

    from ddsp_fx_bridge.daw.relay import run_relay
    from ddsp_fx_bridge.daw.relay_map import read_map

    asyncio.run(run_relay(read_map(arguments.map)))
    return 0


def _run_midi(arguments: Namespace) -> int:
    from ddsp_fx.automation.midi import GRAMMAR, parse_control, read_controls
    from ddsp_fx.board.text import parse_board
    from ddsp_fx.errors import AutomationError
    from ddsp_fx_bridge.daw.faders import Target, check_track
    from ddsp_fx_bridge.daw.midi_in import MidiSender, UdpSender, open_input

    controls = [parse_control(text) for text in arguments.midi_cc]
    controls += read_controls(arguments.midi_map) if arguments.midi_map else []
    if not controls:
        raise AutomationError(f"no controllers are assigned: --midi-cc {GRAMMAR}")
    target = Target(arguments.host, arguments.port, check_track(arguments.track))
    engine = UdpSender(target)
    try:
        sender = MidiSender(parse_board(arguments.chain), controls, target.track, engine.send)
        port = open_input(arguments.midi_port)
        print(
            f"midi: {getattr(port, 'name', 'port')} moves track {target.track} of {target.host}:{target.port}",
            flush=True,
        )
        for message in port:
            sender.take(message)
    finally:
        engine.close()
    return 0
