# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx play`: plays a file through a chain on the audio device while it is being rendered."""

from __future__ import annotations

import math
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ddsp_fx.array_types import Audio
from ddsp_fx.automation import Automation
from ddsp_fx.board import Board
from ddsp_fx.cli.apply_automation import board_to_run, read_moves
from ddsp_fx.cli.apply_rig import check_options, check_rate
from ddsp_fx.cli.audio_files import InputFile, open_input, refusal, say
from ddsp_fx.cli.channel_limits import check_channels
from ddsp_fx.cli.input_options import taking
from ddsp_fx.cli.stopping import Stopped
from ddsp_fx.effects.offline import drive
from ddsp_fx.errors import AudioError
from ddsp_fx.files.names import printable
from ddsp_fx_bridge.engine.loudspeaker import Loudspeaker

# Seconds before --from that the chain processes, in addition to its tail: a model's state fades within 5 s.
LEAD_IN_S = 5.0
# How often the position is redrawn.
DRAWN_EVERY_S = 0.1


def run(arguments: Namespace) -> int:
    """Returns 0 at the end, 130 after Ctrl-C. Faults in the chain, file or device are reported before any sound."""
    _check(arguments)
    board = _board(arguments)
    moves = read_moves(arguments, board)
    if moves is not None:
        moves.check(board)
    speaker = Loudspeaker(arguments.device)
    with closing(_opened(arguments, speaker)) as source:
        passage = PlayedPart(source, board, moves, arguments)
        speaker.open(source.sample_rate, source.channels)
        try:
            _play(passage, speaker, Position(passage, speaker.latency_s, arguments.quiet))
        except KeyboardInterrupt as stop:
            speaker.close(at_once=True)
            if isinstance(stop, Stopped) and stop.number != signal.SIGINT:
                raise
            return 130
        finally:
            speaker.close(at_once=sys.exc_info()[0] is not None)
        say(source.all_remarks())
    if speaker.gaps:
        say([f"the sound had {speaker.gaps} gap(s): this chain is slower than real time here; ddsp-fx apply is exact"])
    return 0


def _check(arguments: Namespace) -> None:
    check_options(arguments)
    if not (math.isfinite(arguments.start) and arguments.start >= 0):
        raise AudioError(f"--from {arguments.start:g} must be 0 or more seconds")
    if arguments.end is not None and not arguments.end > arguments.start:
        raise AudioError(f"--to {arguments.end:g} must be after --from {arguments.start:g}")


def _board(arguments: Namespace) -> Board:
    """The chain, or a take's board; without both, the sound is unchanged."""
    if arguments.chain is None and not any(Path(path).suffix.lower() == ".jsonl" for path in arguments.automation):
        return Board()
    return board_to_run(arguments)


def _opened(arguments: Namespace, speaker: Loudspeaker) -> InputFile:
    """The file, converted to a sample rate that the device supports."""
    how = taking(arguments, aligned=True)
    source = open_input(Path(arguments.input), how)
    check_rate(source)
    rate = speaker.rate_for(source.sample_rate)
    if rate == source.sample_rate:
        return source
    if arguments.sample_rate is not None:
        source.close()
        raise AudioError(
            f"the {speaker.description} does not play {arguments.sample_rate:g} Hz; its own is {rate:g} Hz"
        )
    source.close()
    say([f"the {speaker.description} does not play {source.sample_rate:g} Hz: the file is converted to {rate:g} Hz"])
    return open_input(Path(arguments.input), replace(how, sample_rate=rate))


class PlayedPart:
    """The audio to play: the part of the file between --from and --to through the board, then the tail.

    Args:
        source: opened, at its start.
        board: as the chain says.
        moves: its automation, at the file's times.
        arguments: of the command.
    """

    def __init__(self, source: InputFile, board: Board, moves: Automation | None, arguments: Namespace) -> None:
        check_channels(board, source.channels)
        self.source, self.board, self._moves = source, board, moves
        self._has_tail, self._buffer_size = not arguments.no_tail, arguments.buffer_size
        rate = source.sample_rate
        board.prepare(rate, arguments.buffer_size, source.channels)
        self.start = round(arguments.start * rate)
        self._end = math.inf if arguments.end is None else round(arguments.end * rate)
        if source.frames is not None and self.start and self.start >= source.frames:
            raise AudioError(
                f"--from {arguments.start:g} is after the end of {source.name}, {source.frames / rate:.2f} s"
            )

    @property
    def end(self) -> float:
        """The end of the sound, tail included, in samples of the file; infinite if unknown."""
        known = math.inf if self.source.frames is None else self.source.frames
        return min(known, self._end) + self._tail()

    def _tail(self) -> int:
        return self.board.tail_samples if self._has_tail else 0

    def blocks(self) -> Iterator[Audio]:
        """The output that `ddsp-fx apply` would write there, block by block."""
        board, source = self.board, self.source
        lead_in = round(LEAD_IN_S * source.sample_rate) + board.tail_samples
        begin = max(0, self.start - lead_in)
        source.skip(begin)
        self._install(begin)
        unheard = self.start - begin

        def read(n: int) -> Audio:
            return source.read(int(min(n, max(self._end - source.position, 0))))

        for block in drive(board.process_block, read, board.latency_samples, self._tail, self._buffer_size):
            heard = block[:, unheard:]
            unheard -= block.shape[1] - heard.shape[1]
            yield heard

    def _install(self, begin: int) -> None:
        """The automation, shifted so that the board starts at the file's `begin`; earlier changes act at once."""
        if self._moves is None:
            return
        rate, frames = self.source.sample_rate, self.source.frames
        self._moves.set_initial(self.board)
        self.board.prepare(*self.board.layout)
        events = self._moves.events(self.board, rate, math.inf if frames is None else frames)
        for sample, slot, symbol, value in events:
            self.board.schedule(max(sample - begin, 0), slot, symbol, value)


def _play(passage: PlayedPart, speaker: Loudspeaker, position: Position) -> None:
    try:
        with refusal():
            for block in passage.blocks():
                if block.shape[1]:
                    speaker.write(block)
                position.advance(block.shape[1])
        speaker.close()
    finally:
        position.clear()


class Position:
    """One line on a terminal: the current position, and the length."""

    def __init__(self, passage: PlayedPart, latency_s: float, is_quiet: bool) -> None:
        self._rate, self._samples, self._end = passage.source.sample_rate, passage.start, passage.end
        self._latency_s, self._from_s = latency_s, passage.start / passage.source.sample_rate
        self._is_shown = not is_quiet and sys.stderr.isatty()
        self._name = " | ".join([printable(passage.source.path.name), *passage.board.slot_names()])
        self._drawn_at = -math.inf
        self._width = 0

    def advance(self, samples: int) -> None:
        """Count blocks that have been written."""
        self._samples += samples
        if self._is_shown and time.monotonic() - self._drawn_at >= DRAWN_EVERY_S:
            self._drawn_at = time.monotonic()
            heard_s = max(self._samples / self._rate - self._latency_s, self._from_s)
            whole = "" if math.isinf(self._end) else f" / {_clock(self._end / self._rate)}"
            self._draw(f"{_clock(heard_s)}{whole}  {self._name}")

    def clear(self) -> None:
        """Clear the line for further output."""
        if self._width:
            self._draw("")
            print(end="\r", file=sys.stderr, flush=True)

    def _draw(self, line: str) -> None:
        line = line[: max(shutil.get_terminal_size().columns - 1, 0)]
        print(f"\r{line.ljust(self._width)}", end="", file=sys.stderr, flush=True)
        self._width = len(line)


def _clock(seconds: float) -> str:
    tenths = round(10.0 * seconds)
    return f"{tenths // 600}:{tenths % 600 / 10.0:04.1f}"
