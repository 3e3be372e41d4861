# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the audio source: the one named by the options, or else a device if there is one."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

import platformdirs

from ddsp_fx.array_types import Audio
from ddsp_fx.cli.audio_files import InputFile, check_output, open_input, output_file, refusal, say
from ddsp_fx.errors import AudioError, EngineError
from ddsp_fx.files.input import Taking
from ddsp_fx.files.names import printable
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.engine.device import DeviceDoor, has_device
from ddsp_fx_bridge.engine.doors import AudioSource, ClockDoor, Write
from ddsp_fx_bridge.engine.library import Library


def open_door(arguments: Namespace, stack: ExitStack) -> tuple[Engine, AudioSource]:
    """The engine and its audio source (door); the stack closes files.

    Raises EngineError, AudioError or MissingExtraError.
    """
    _check(arguments)
    if arguments.link:
        from ddsp_fx_bridge.link import LinkDoor, socket_path

        engine = Engine(Layout())
        path = Path(arguments.link_socket) if arguments.link_socket else socket_path()
        door = LinkDoor(engine, path, Library(folder(arguments, "boards"), ".json"), arguments.idle_exit)
        stack.callback(door.stop)
        return engine, door
    source = None
    if arguments.input:
        source = _opened(arguments)
        stack.callback(source.close)
    rate = source.sample_rate if source is not None else arguments.sample_rate or 48000.0
    channels = source.channels if source is not None else arguments.channels or 2
    engine = Engine(Layout(rate, arguments.block_size, channels))
    if source is not None or arguments.clock or arguments.output:
        return engine, _clock(arguments, engine, source, stack)
    if arguments.device is None and not has_device():
        print("ddsp-fx: no audio device (see --device); the input is silence, by the system clock", file=sys.stderr)
        return engine, ClockDoor(engine, realtime=True)
    return engine, DeviceDoor(engine, arguments.device)


def _opened(arguments: Namespace) -> InputFile:
    """The input file, after decoding it once, so that its faults are reported before any audio runs."""
    how = Taking(arguments.channels, arguments.sample_rate, arguments.salvage)
    file = open_input(Path(arguments.input), how)
    with refusal():
        file.skip_to_the_end()
    say(file.all_remarks())
    return file.again()


def folder(arguments: Namespace, kind: str) -> Path:
    """The folder of boards or takes: from the options, else the user's."""
    chosen = getattr(arguments, kind)
    return Path(chosen) if chosen else platformdirs.user_data_path("ddsp-fx", appauthor=False) / kind


def _check(a: Namespace) -> None:
    if not 1 <= a.block_size <= 8192:
        raise EngineError(f"--block-size {a.block_size} is outside 1 to 8192")
    if a.channels is not None and not 1 <= a.channels <= 8:
        raise EngineError(f"--channels {a.channels} is outside 1 to 8")
    if a.sample_rate is not None and not 8000 <= a.sample_rate <= 384000:
        raise AudioError(f"--sample-rate {a.sample_rate:g} is outside 8000 to 384000 Hz")
    if a.loop and not a.input:
        raise EngineError("--loop needs --input FILE")
    _check_link(a)
    clocks = [name for name in ("clock", "input", "output") if getattr(a, name)]
    if a.device is not None and clocks:
        raise EngineError(f"--device and --{clocks[0]} exclude each other")
    if a.output:
        check_output(Path(a.output))


def _check_link(a: Namespace) -> None:
    if a.link and (a.device is not None or a.clock or a.input or a.output):
        raise EngineError("--link takes its audio from plugins; leave out --device, --clock, --input and --output")
    if a.link and (a.chains or a.record):
        raise EngineError("--link takes its boards from plugins; leave out chains and --record")
    for name, value in (("--idle-exit", a.idle_exit), ("--link-socket", a.link_socket)):
        if value is not None and not a.link:
            raise EngineError(f"{name} needs --link")


def _clock(arguments: Namespace, engine: Engine, source: InputFile | None, stack: ExitStack) -> AudioSource:
    write: Write | None = None
    if arguments.output:
        layout = engine.layout
        depth = source.bit_depth if source is not None else 32
        write = stack.enter_context(
            output_file(Path(arguments.output), layout.sample_rate, layout.channels, depth)
        ).write
    if source is None:
        return ClockDoor(engine, None, write, realtime=True)
    name = f"{printable(source.path.name)}{', looped' * arguments.loop}"
    return ClockDoor(engine, _reader(source, arguments.loop), write, name, realtime=True)


class _reader:  # noqa: N801 - used like a function
    """The file's samples, repeated if it loops; the last block may be short."""

    def __init__(self, source: InputFile, loop: bool) -> None:
        self._source, self._loop = source, loop

    def __call__(self, n: int) -> Audio | None:
        block = self._source.read(n)
        if block.shape[1] == 0 and self._loop:
            self._source = self._source.again()
            block = self._source.read(n)
        return block if block.shape[1] else None
