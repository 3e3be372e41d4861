# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the ready-made files of bridge/daw, for a violin in its room: `python tests/daw_examples.py`."""

from importlib import import_module
from pathlib import Path

from ddsp_fx.board.text import parse_board
from ddsp_fx_bridge.daw.command import WRITERS
from ddsp_fx_bridge.daw.faders import Target, board_faders
from ddsp_fx_bridge.daw.files import write_all

FOLDER = Path(__file__).parents[1] / "bridge" / "daw"
CHAIN = "violin | violin-room"


def made(kind: str) -> dict[str, str | bytes]:
    """Name -> content of one writer's files, with all defaults."""
    files: dict[str, str | bytes] = import_module(f"ddsp_fx_bridge.daw.{kind}").files(
        board_faders(parse_board(CHAIN)), Target()
    )
    return files


if __name__ == "__main__":
    for kind in WRITERS:
        write_all(FOLDER / kind, made(kind))
