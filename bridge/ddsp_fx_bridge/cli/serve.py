# SPDX-License-Identifier: GPL-3.0-or-later
"""run the engine: live audio, OSC, OSCQuery, the control panel"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.add_argument(
        "chains", nargs="*", help="one track each, such as 'violin | violin-room' or board.json (default: one, empty)"
    )
    _add_network(parser.add_argument_group("network"))
    _add_audio(parser.add_argument_group("audio"))
    link = parser.add_argument_group("plugins in DAWs")
    link.add_argument("--link", action="store_true", help="audio comes from plugins in DAWs; each brings a track")
    link.add_argument("--link-socket", metavar="PATH", help="of plugins (default: $DDSP_FX_LINK or the user's)")
    link.add_argument("--idle-exit", type=float, metavar="S", help="with --link: stop after S seconds without a plugin")
    folders = parser.add_argument_group("folders")
    folders.add_argument(
        "--boards", metavar="DIR", help="where boards are loaded and saved by name (default: the user's)"
    )
    folders.add_argument("--takes", metavar="DIR", help="where takes are written (default: the user's)")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run plugins from any path that a board file or take names, not from the plugin folders alone",
    )
    parser.add_argument("--record", metavar="NAME", help="record a take of track 1 from the first sample on")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop by itself")
    parser.add_argument("--quiet", action="store_true", help="no status line")


def _add_network(network: argparse._ArgumentGroup) -> None:
    network.add_argument("--osc-port", type=int, metavar="N", help="UDP (default 9000; 0 is any)")
    network.add_argument("--http-port", type=int, metavar="N", help="TCP (default 9080; 0 is any)")
    network.add_argument(
        "--lan",
        metavar="ADDRESS",
        help="listen there, 0.0.0.0 for every interface, and not on 127.0.0.1 alone; needs --allow",
    )
    network.add_argument(
        "--allow",
        metavar="NETWORK",
        action="append",
        default=[],
        help="who is heard, such as 192.168.1.0/24; repeatable",
    )
    network.add_argument("--mdns", action="store_true", help="announce the server on the network (extra mdns)")


def _add_audio(audio: argparse._ArgumentGroup) -> None:
    audio.add_argument("--device", metavar="NAME", help="a part of its name, or its number (extra live)")
    audio.add_argument("--clock", action="store_true", help="no device: silence in, at the machine's clock")
    audio.add_argument("--input", metavar="FILE", help="an audio file in place of a device, at the machine's clock")
    audio.add_argument("--salvage", action="store_true", help="of a damaged input file play the good part")
    audio.add_argument("--loop", action="store_true", help="the input file again and again")
    audio.add_argument("--output", metavar="FILE.wav", help="write what comes out, in place of a device")
    audio.add_argument("--sample-rate", type=float, metavar="HZ", help="default 48000, or the input file's")
    audio.add_argument("--block-size", type=int, default=256, metavar="N", help="samples a block (default 256)")
    audio.add_argument("--channels", type=int, metavar="N", help="default 2, or the input file's")


def run(arguments: argparse.Namespace) -> int:
    """Until it is interrupted, the input has ended, or the time is up."""
    from ddsp_fx_bridge.cli.session import Session

    return Session(arguments).run()
