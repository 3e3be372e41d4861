# SPDX-License-Identifier: GPL-3.0-or-later
"""The board of `ddsp-fx apply` (the chain, or a take's board), and the automation of all --automation files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ddsp_fx.automation import Automation, read_automation, read_take
from ddsp_fx.automation.files import MIDI_SUFFIXES
from ddsp_fx.automation.midi import MidiControl, parse_control, read_controls
from ddsp_fx.board import Board
from ddsp_fx.board.text import parse_board
from ddsp_fx.errors import AutomationError, BoardError


def board_to_run(arguments: Namespace) -> Board:
    """The board of the chain or, without one, the board stored in the only take that has one."""
    if arguments.chain is not None:
        return parse_board(arguments.chain, arguments.trust)
    takes = [path for path in arguments.automation if Path(path).suffix.lower() == ".jsonl"]
    boards = [(path, text) for path in takes if (text := read_take(path).board_json)]
    if len(boards) != 1:
        held = " and ".join(path for path, _ in boards) or "no --automation take holds one"
        raise BoardError(f"no chain: write it after the output, or give one take that contains its board; {held}")
    path, text = boards[0]
    try:
        return Board.from_json(text, arguments.trust)
    except BoardError as error:
        raise BoardError(f"{path}, line 1: {error}") from None


def read_moves(arguments: Namespace, board: Board) -> Automation | None:
    """The automation of all files, merged; None without files."""
    controls = _controls(arguments)
    parts = [read_automation(path, board, controls) for path in arguments.automation]
    return Automation.merged(parts) if parts else None


def _controls(arguments: Namespace) -> list[MidiControl]:
    controls = [parse_control(text) for text in arguments.midi_cc]
    if arguments.midi_map:
        controls += read_controls(arguments.midi_map)
    if controls and not any(Path(path).suffix.lower() in MIDI_SUFFIXES for path in arguments.automation):
        raise AutomationError("--midi-cc and --midi-map are for a .mid file: pass that file to --automation")
    return controls
