# SPDX-License-Identifier: GPL-3.0-or-later
"""run the engine: live audio, OSC, OSCQuery, the control panel"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; imports nothing heavy."""
    parser.add_argument(
        "chains",
        nargs="*",
        help="one track for each chain, such as 'violin | violin-room' or board.json (default: one empty track)",
    )
    _add_network(parser.add_argument_group("network"))
    _add_audio(parser.add_argument_group("audio"))
    link = parser.add_argument_group("plugins in DAWs")
    link.add_argument("--link", action="store_true", help="take audio from plugins in DAWs, one track for each plugin")
    link.add_argument(
        "--link-socket", metavar="PATH", help="the socket for plugins (default: $DDSP_FX_LINK, or the user's own)"
    )
    link.add_argument("--idle-exit", type=float, metavar="S", help="with --link: stop after S seconds without a plugin")
    folders = parser.add_argument_group("folders")
    folders.add_argument(
        "--boards", metavar="DIR", help="the folder where boards are loaded and saved by name (default: the user's)"
    )
    folders.add_argument("--takes", metavar="DIR", help="the folder where takes are written (default: the user's)")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="allow a board file or take to load plugins from any path, not only from the plugin folders",
    )
    parser.add_argument("--record", metavar="NAME", help="record a take of track 1, from the first sample on")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")
    parser.add_argument("--quiet", action="store_true", help="print no status line")


def _add_network(network: argparse._ArgumentGroup) -> None:
    network.add_argument("--osc-port", type=int, metavar="N", help="UDP port for OSC (default 9000; 0: any free port)")
    network.add_argument(
        "--http-port",
        type=int,
        metavar="N",
        help="TCP port for OSCQuery and the panel (default 9080; 0: any free port)",
    )
    network.add_argument(
        "--lan",
        metavar="ADDRESS",
        help="listen on this address (0.0.0.0: all interfaces) instead of 127.0.0.1 only; needs --allow",
    )
    network.add_argument(
        "--allow",
        metavar="NETWORK",
        action="append",
        default=[],
        help="accept packets from this network, such as 192.168.1.0/24; repeatable",
    )
    network.add_argument(
        "--mdns", action="store_true", help="announce the server on the network (needs the extra mdns)"
    )


def _add_audio(audio: argparse._ArgumentGroup) -> None:
    audio.add_argument(
        "--device", metavar="NAME", help="the audio device, by part of its name or by number (needs the extra live)"
    )
    audio.add_argument("--clock", action="store_true", help="use no device: process silence, timed by the system clock")
    audio.add_argument(
        "--input", metavar="FILE", help="play an audio file instead of a device, timed by the system clock"
    )
    audio.add_argument("--salvage", action="store_true", help="if the input file is damaged, play its good part")
    audio.add_argument("--loop", action="store_true", help="repeat the input file")
    audio.add_argument("--output", metavar="FILE.wav", help="write the output to a file instead of a device")
    audio.add_argument(
        "--sample-rate", type=float, metavar="HZ", help="sample rate (default 48000, or the input file's)"
    )
    audio.add_argument("--block-size", type=int, default=256, metavar="N", help="samples per block (default 256)")
    audio.add_argument("--channels", type=int, metavar="N", help="number of channels (default 2, or the input file's)")


def run(arguments: argparse.Namespace) -> int:
    """Run until interrupted, until the input ends, or until --seconds have passed."""
    from ddsp_fx_bridge.cli.session import ServeRun

    return ServeRun(arguments).run()
