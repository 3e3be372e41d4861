# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of `ddsp-fx apply` with its automation, built once per process. It plays one file after another."""

from __future__ import annotations

import math
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsp_fx.board import Board
from ddsp_fx.board.hearing import board_hearings
from ddsp_fx.cli.apply_automation import board_to_run, read_moves
from ddsp_fx.cli.audio_files import InputFile, Output, check_output, open_input, output_file, refusal
from ddsp_fx.cli.channel_limits import check_channels
from ddsp_fx.cli.input_options import taking
from ddsp_fx.effects.base import RATE_RANGE_HZ
from ddsp_fx.effects.offline import drive
from ddsp_fx.errors import AudioError
from ddsp_fx.files.carry import bestow, collect
from ddsp_fx.files.names import printable
from ddsp_fx.files.stated_layout import state_layout

# Called with the share of the file, 0 to 1, played since the last call.
Advance = Callable[[float], None]


@dataclass(frozen=True)
class Job:
    """An input file and its output path."""

    input: Path
    output: Path


@dataclass(frozen=True)
class Outcome:
    """The result for one file: `data` for JSON, `warnings` and `remarks` for people, one line each."""

    data: dict[str, Any]
    warnings: list[str]
    remarks: list[str]

    @property
    def line(self) -> str:
        """The outcome in a few words."""
        data = self.data
        peak = "silent" if data["peak_dbfs"] is None else f"peak {data['peak_dbfs']:.1f} dBFS"
        speed = f"{data['times_real_time'] or 0.0:.1f} x real time"
        return f"{printable(data['output'])}: {data['duration_s']:.2f} s, {peak}, {speed}"


def check_options(arguments: Namespace) -> None:
    """Raises AudioError for numbers out of range."""
    if arguments.buffer_size < 1:
        raise AudioError(f"--buffer-size {arguments.buffer_size} must be at least 1")
    low, high = RATE_RANGE_HZ
    if arguments.sample_rate is not None and not low <= arguments.sample_rate <= high:
        raise AudioError(f"--sample-rate {arguments.sample_rate:g} is outside {low:g} to {high:g} Hz")


def check_rate(source: InputFile) -> None:
    """Raises AudioError for a file whose sample rate no effect supports."""
    low, high = RATE_RANGE_HZ
    if not low <= source.sample_rate <= high:
        raise AudioError(
            f"{source.name}: {source.sample_rate:g} Hz is outside {low:g} to {high:g} Hz, the range of effects; "
            "--sample-rate 48000 converts it"
        )


class Rig:
    """The chain, ready to play. Raises errors in the chain or the automation before any file is opened."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments = arguments
        self.board = board_to_run(arguments)
        self._moves = read_moves(arguments, self.board)
        if self._moves is not None:
            self._moves.check(self.board)

    def play(self, job: Job, advance: Advance) -> Outcome:
        """Run one file through the chain; raises DdspFxError, and then leaves no file behind."""
        check_output(job.output)
        source = open_input(job.input, taking(self._arguments, aligned=True))
        try:
            check_rate(source)
            output, seconds = self._through(source, job.output, advance)
        finally:
            source.close()
        return _outcome(job, source, output, self.board, seconds)

    def _through(self, source: InputFile, path: Path, advance: Advance) -> tuple[Output, float]:
        """The output, and the seconds it took.

        The input is closed before the output gets its final name, which may be the input's.
        """
        board, arguments = self.board, self._arguments
        check_output(path, source.channels)
        check_channels(board, source.channels)
        board.prepare(source.sample_rate, arguments.buffer_size, source.channels)
        started = time.perf_counter()
        if self._moves is not None:
            self._moves.install(board, source.sample_rate, math.inf if source.frames is None else source.frames)
        depth, belongings = arguments.bit_depth or source.bit_depth, collect(source.reader)

        def finish(written: Path) -> None:
            lost = bestow(belongings, written, source.sample_rate, folded=source.channels != source.reader.channels)
            state_layout(written, source.layout)
            if lost:
                source.remarks.append(f"{source.name}: not kept in {printable(path.name)}: {', '.join(lost)}")

        with refusal(), output_file(path, source.sample_rate, source.channels, depth, finish) as output:
            self._process(source, output, advance)
            source.close()
        return output, time.perf_counter() - started

    def _process(self, source: InputFile, output: Output, advance: Advance) -> None:
        board, arguments = self.board, self._arguments

        def tail() -> int:
            return 0 if arguments.no_tail else board.tail_samples

        total = None if source.frames is None else max(source.frames + tail(), 1)
        for block in drive(board.process_block, source.read, board.latency_samples, tail, arguments.buffer_size):
            output.write(block)
            advance(block.shape[1] / total if total else 0.0)


def _outcome(job: Job, source: InputFile, output: Output, board: Board, seconds: float) -> Outcome:
    peak_db = 20.0 * math.log10(output.peak) if output.peak > 0 else -math.inf
    hearings = board_hearings(board)
    duration_s = output.samples / source.sample_rate
    data = {
        "input": str(job.input),
        "output": str(job.output),
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
    warnings = [f"{name}: {hearing.advice}" for name, hearing in hearings.items() if hearing.advice]
    if output.clipped:
        warnings.insert(
            0,
            f"{output.clipped} samples clipped, the peak was {peak_db:+.1f} dBFS; lower output_gain or write "
            f"--bit-depth 32",
        )
    return Outcome(data, warnings, source.all_remarks())
