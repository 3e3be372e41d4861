# SPDX-License-Identifier: GPL-3.0-or-later
"""The faders of a board, in the same order in the files for all DAWs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ddsp_fx.board import Board
from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx.errors import BoardError, did_you_mean
from ddsp_fx_bridge.engine.controls import board_controls
from ddsp_fx_bridge.osc.names import address_parts

CONTINUOUS = ("linear", "log", "dB", "steps")


@dataclass(frozen=True)
class Target:
    """A track of an engine.

    Args:
        host, port: of the engine's OSC server.
        track: counted from 1.
    """

    host: str = "127.0.0.1"
    port: int = 9000
    track: int = 1


@dataclass(frozen=True)
class Fader:
    """A parameter that a DAW may automate.

    Args:
        slot: the slot's name, "" for the board's own.
        part: the slot's name in an address.
        parameter: its declaration.
        value: the current value, in the parameter's unit.
    """

    slot: str
    part: str
    parameter: Parameter
    value: Value

    @property
    def target(self) -> str:
        """slot.symbol, as automation names it."""
        return f"{self.slot}.{self.parameter.symbol}" if self.slot else self.parameter.symbol

    @property
    def label(self) -> str:
        """The name that users see, unique on a board."""
        return f"{self.slot}: {self.parameter.name}" if self.slot else f"Board: {self.parameter.name}"

    @property
    def label_with_unit(self) -> str:
        """The label for DAWs that cannot show a unit separately."""
        return f"{self.label} ({self.parameter.unit})" if self.parameter.unit else self.label

    @property
    def is_continuous(self) -> bool:
        """Whether it is a number on a range, not a choice or a switch."""
        return self.parameter.scale in CONTINUOUS

    @property
    def texts(self) -> tuple[str, ...]:
        """The positions of a choice or a switch, in numerical order."""
        return ("off", "on") if self.parameter.scale == "toggle" else self.parameter.choices

    @property
    def number(self) -> float:
        """The current value as a number, as a DAW's slider holds it."""
        return self.parameter.number(self.value)

    def address(self, track: int | str) -> str:
        """The OSC address for values in their unit."""
        return "/".join(["", "track", str(track), *([self.part] if self.part else []), self.parameter.symbol])

    def wire(self, track: int | str) -> tuple[str, float, float]:
        """(address, lowest, highest): numbers in their unit, choices and switches as positions 0 to 1."""
        if self.is_continuous:
            return self.address(track), self.parameter.minimum, self.parameter.maximum
        return f"{self.address(track)}/n", 0.0, 1.0


def board_faders(board: Board, only: Sequence[str] = ()) -> list[Fader]:
    """Every parameter of every slot that declares them, then the board's own; or those in `only`, in that order.

    Raises BoardError for a name in `only` that no fader has.
    """
    controls = board_controls(board)
    controls.sort(key=lambda control: not control.slot_id)
    parts = {"": "", **dict(zip(board.slot_ids(), address_parts(board.slot_names()), strict=True))}
    found = [Fader(c.slot_name, parts[c.slot_id], c.parameter, c.initial) for c in controls if c.parameter is not None]
    if not only:
        return found
    by_target = {fader.target: fader for fader in found}
    unknown = next((name for name in only if name not in by_target), None)
    if unknown is not None:
        hint = did_you_mean(unknown, by_target)
        raise BoardError(f"no fader is called {unknown!r}{hint}; the board has {', '.join(by_target)}")
    return [by_target[name] for name in only]


def check_track(track: int) -> int:
    """The track; raises BoardError below 1."""
    if track < 1:
        raise BoardError(f"--track {track}: tracks count from 1")
    return track
