# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx apply`: one file through one chain."""

from __future__ import annotations

import math
import sys
import time
from argparse import Namespace
from pathlib import Path

from ddsp_fx.automation import Automation
from ddsp_fx.board import Board
from ddsp_fx.board.hearing import board_hearings
from ddsp_fx.cli.apply_automation import board_to_run, read_moves
from ddsp_fx.cli.audio_files import InputFile, Output, check_output, open_input, output_file, refusal, say
from ddsp_fx.cli.channel_limits import check_channels
from ddsp_fx.cli.input_options import taking
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.effects.offline import drive
from ddsp_fx.errors import AudioError
from ddsp_fx.files.carry import bestow, collect
from ddsp_fx.files.names import printable
from ddsp_fx.files.stated_layout import state_layout

# Of what effects run at.
LOWEST_HZ, HIGHEST_HZ = 8000, 384000


def run(arguments: Namespace) -> int:
    """Everything that can be checked is checked before the first sample is processed."""
    if arguments.buffer_size < 1:
        raise AudioError(f"--buffer-size {arguments.buffer_size} must be at least 1")
    if arguments.sample_rate is not None and not LOWEST_HZ <= arguments.sample_rate <= HIGHEST_HZ:
        raise AudioError(f"--sample-rate {arguments.sample_rate:g} is outside {LOWEST_HZ} to {HIGHEST_HZ} Hz")
    check_output(Path(arguments.output))
    board = board_to_run(arguments)
    moves = read_moves(arguments, board)
    if moves is not None:
        moves.check(board)
    source = open_input(Path(arguments.input), taking(arguments, aligned=True))
    try:
        _check_rate(source)
        output, seconds = _through(board, moves, source, arguments)
    finally:
        source.close()
    _report(arguments, source, output, board, seconds)
    return 0


def _check_rate(source: InputFile) -> None:
    if not LOWEST_HZ <= source.sample_rate <= HIGHEST_HZ:
        raise AudioError(
            f"{source.name}: {source.sample_rate:g} Hz is outside {LOWEST_HZ} to {HIGHEST_HZ} Hz, where effects run; "
            "--sample-rate 48000 converts it"
        )


def _through(board: Board, moves: Automation | None, source: InputFile, arguments: Namespace) -> tuple[Output, float]:
    """Input through board to output, and the seconds that it took.

    The input is closed before the output takes its name, which may be the input's.
    """
    path = Path(arguments.output)
    check_output(path, source.channels)
    check_channels(board, source.channels)
    board.prepare(source.sample_rate, arguments.buffer_size, source.channels)
    started = time.perf_counter()
    if moves is not None:
        moves.install(board, source.sample_rate, math.inf if source.frames is None else source.frames)
    depth, belongings = arguments.bit_depth or source.bit_depth, collect(source.reader)

    def finish(written: Path) -> None:
        lost = bestow(belongings, written, source.sample_rate, folded=source.channels != source.reader.channels)
        state_layout(written, source.layout)
        if lost:
            source.remarks.append(f"{source.name}: not kept in {printable(path.name)}: {', '.join(lost)}")

    with refusal(), output_file(path, source.sample_rate, source.channels, depth, finish) as output:
        _process(board, source, output, arguments)
        source.close()
    return output, time.perf_counter() - started


def _process(board: Board, source: InputFile, output: Output, arguments: Namespace) -> None:
    def tail() -> int:
        return 0 if arguments.no_tail else board.tail_samples

    total = None if source.frames is None else source.frames + tail()
    with progress_bar(printable(Path(arguments.input).name), total, enabled=not arguments.quiet) as advance:
        for block in drive(board.process_block, source.read, board.latency_samples, tail, arguments.buffer_size):
            output.write(block)
            advance(block.shape[1])


def _report(arguments: Namespace, source: InputFile, output: Output, board: Board, seconds: float) -> None:
    peak_db = 20.0 * math.log10(output.peak) if output.peak > 0 else -math.inf
    if output.clipped:
        print(
            f"ddsp-fx: warning: {output.clipped} samples clipped, the peak was {peak_db:+.1f} dBFS; "
            "lower output_gain or write --bit-depth 32",
            file=sys.stderr,
        )
    say(source.all_remarks())
    hearings = board_hearings(board)
    for name, hearing in hearings.items():
        if hearing.advice:
            print(f"ddsp-fx: warning: {name}: {hearing.advice}", file=sys.stderr)
    duration_s = output.samples / source.sample_rate
    if arguments.json:
        summary = {
            "output": arguments.output,
            "chain": board.slot_names(),
            "sample_rate_hz": source.sample_rate,
            "channels": source.channels,
            "duration_s": duration_s,
            "tail_s": (output.samples - source.position) / source.sample_rate,
            "latency_removed_samples": board.latency_samples,
            "peak_dbfs": peak_db if math.isfinite(peak_db) else None,
            "clipped_samples": output.clipped,
            "remarks": source.all_remarks(),
            "hearing": {name: hearing.as_data() for name, hearing in hearings.items()},
            "times_real_time": duration_s / seconds if seconds else None,
        }
        print_json(summary)
    elif not arguments.quiet:
        speed = f"{duration_s / seconds:.1f} x real time"
        print(f"{printable(arguments.output)}: {duration_s:.2f} s, peak {peak_db:.1f} dBFS, {speed}")
