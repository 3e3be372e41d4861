# SPDX-License-Identifier: GPL-3.0-or-later
"""build and install the plugin for DAWs, as VST3, LV2 and CLAP"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddsp_fx_bridge.vst.install import Installed

INSTALL = "build the plugin and install it where hosts look for plugins"
BUILD = "build the plugin, and print where it is"
LATENCY = "show or set what plugins add to a block of the host, so that their audio has time to come back"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the subcommands."""
    actions = parser.add_subparsers(dest="vst", metavar="WHAT", required=True)
    install = actions.add_parser("install", help=INSTALL, description=INSTALL)
    install.add_argument(
        "--from", dest="made", metavar="DIR", help="install plugins that were built before, and build nothing"
    )
    actions.add_parser("build", help=BUILD, description=BUILD)
    latency = actions.add_parser("latency", help=LATENCY, description=LATENCY)
    latency.add_argument(
        "ms",
        nargs="?",
        metavar="MS",
        help="from 0 to 100, or `default`; more if blocks are late, less for playing live",
    )
    actions_on_installed = [install]
    for name, summary in (
        ("status", "show what is installed, and whether the engine answers"),
        ("uninstall", "remove the plugin"),
    ):
        actions_on_installed.append(actions.add_parser(name, help=summary, description=summary))
    for action in actions_on_installed:
        action.add_argument("--format", metavar="A,B", default="vst3,lv2,clap", help="formats (default vst3,lv2,clap)")
        action.add_argument("--user-dir", metavar="DIR", help="use this folder instead of the home folder")
    actions_on_installed[1].add_argument("--json", action="store_true", help="print JSON")


def run(arguments: Namespace) -> int:
    """Returns 0 when done; raises DdspFxError."""
    if arguments.vst == "build":
        print(_build())
        return 0
    if arguments.vst == "latency":
        return _latency(arguments)
    if arguments.vst == "install":
        return _install(arguments)
    if arguments.vst == "status":
        return _status(arguments)
    return _uninstall(arguments)


def _targets(arguments: Namespace) -> list[Installed]:
    from ddsp_fx_bridge.vst.install import places

    home = Path(arguments.user_dir).absolute() if arguments.user_dir else Path.home()
    return places(home, [name.strip() for name in arguments.format.split(",") if name.strip()])


def _build() -> Path:
    from ddsp_fx_bridge.vst.build import build
    from ddsp_fx_bridge.vst.sources import source_folder

    shown = sys.stderr.isatty()
    print("building the plugin, which takes a minute the first time", end="" if shown else "\n", file=sys.stderr)

    def progress(done: int) -> None:
        if shown:
            print(f"\rbuilding the plugin, which takes a minute the first time: {done:3d} %", end="", file=sys.stderr)

    try:
        return build(source_folder(), progress)
    finally:
        if shown:
            print(file=sys.stderr)


def _install(arguments: Namespace) -> int:
    from ddsp_fx.cli.progress import progress_bar
    from ddsp_fx.effects.kernels import compile_kernels, kernels
    from ddsp_fx_bridge.extra import check_extra
    from ddsp_fx_bridge.vst.install import engine_file, install

    targets = _targets(arguments)
    # Checked now, because if a plugin's engine exited at once inside a DAW, nobody would see its message.
    check_extra()
    made = Path(arguments.made) if arguments.made else _build()
    install(made, targets)
    for target in targets:
        print(f"installed {target.path}")
    # Otherwise the first plugin of a DAW's session would be silent for 14 s.
    with progress_bar("compiling the audio path", len(kernels())) as advance:
        compile_kernels(advance)
    print(f"plugins start the engine with {engine_file()}; scan for plugins in your DAW, and insert ddsp-fx")
    return 0


def _status(arguments: Namespace) -> int:
    import json

    from ddsp_fx_bridge.vst.status import lines, status

    found = status(_targets(arguments))
    print(json.dumps(found, indent=2) if arguments.json else "\n".join(lines(found)))
    return 0


def _latency(arguments: Namespace) -> int:
    from ddsp_fx_bridge.vst.latency import VARIABLE, choose, current
    from ddsp_fx_bridge.vst.status import latency_line

    setting = current() if arguments.ms is None else choose(arguments.ms)
    print(latency_line(setting))
    if arguments.ms is not None and setting.source == VARIABLE:
        print(f"{VARIABLE} is set, and comes first")
    elif arguments.ms is not None:
        print("a running host follows when it starts its audio again: reopen the project, or change the block size")
    return 0


def _uninstall(arguments: Namespace) -> int:
    from ddsp_fx_bridge.vst.install import uninstall

    removed = uninstall(_targets(arguments))
    for path in removed:
        print(f"removed {path}")
    if not removed:
        print("nothing is installed")
    return 0
