# SPDX-License-Identifier: GPL-3.0-or-later
"""MIDI controllers as automation: which controller moves which parameter, and over which range.

74=violin.pitch_shift              CC 74 on any channel moves the parameter over its whole range
74=violin.pitch_shift:-12..12      over a part of the range; 12..-12 inverts it
2/74=violin-room.mix               on channel 2 only
1+33=violin.loudness_offset        14 bits: CC 1 holds the upper seven, CC 33 the lower
bend=violin.pitch_shift:-2..2      the pitch wheel, 14 bits
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddsp_fx.automation.automation import Automation
from ddsp_fx.automation.curves import Breakpoints, Origin
from ddsp_fx.automation.takes import read_text
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import AutomationError, BoardError, MissingExtraError, ParameterError

if TYPE_CHECKING:
    from ddsp_fx.board.board import Board
    from ddsp_fx.board.member import Member

GRAMMAR = "[CHANNEL/]CC=slot.parameter[:LOW..HIGH], such as 74=violin.pitch_shift:-12..12"
BEND = -1
_CONTROL = re.compile(r"(?:(\d+)/)?(?:(bend)|(\d+)(?:\+(\d+))?)=(.+)")
_RANGE = re.compile(r"(.+):([^:]*[^:.])\.\.([^:]+)")


@dataclass(frozen=True)
class MidiControl:
    """One controller and what it moves.

    Args:
        number: 0 to 127, or BEND.
        fine: the controller with the lower seven bits, or None.
        channel: 1 to 16, or None for all.
        target: slot.symbol, or a symbol of the board itself.
        low, high: texts of the values at both ends; None is the end of the parameter's range.
    """

    number: int
    fine: int | None
    channel: int | None
    target: str
    low: str | None = None
    high: str | None = None

    @property
    def name(self) -> str:
        """The controller's name in messages."""
        return "bend" if self.number == BEND else f"CC {self.number}"


def parse_control(text: str) -> MidiControl:
    """Parse one line of a map; raises AutomationError with the grammar."""
    match = _CONTROL.fullmatch(text.strip())
    if not match:
        raise AutomationError(f"MIDI map {text!r}: write {GRAMMAR}")
    channel, bend, number, fine, target = match.groups()
    limits = _RANGE.fullmatch(target.strip())
    if limits:
        target = limits[1]
    for cc in (number, fine):
        if cc is not None and int(cc) > 127:
            raise AutomationError(f"MIDI map {text!r}: there is no CC {cc}; they run from 0 to 127")
    if channel is not None and not 1 <= int(channel) <= 16:
        raise AutomationError(f"MIDI map {text!r}: there is no channel {channel}; they run from 1 to 16")
    return MidiControl(
        BEND if bend else int(number),
        int(fine) if fine else None,
        int(channel) if channel else None,
        target.strip(),
        *(limits[2].strip(), limits[3].strip()) if limits else (),
    )


def read_controls(path: Path | str) -> list[MidiControl]:
    """A file with one control per line, and `#` for comments; raises AutomationError naming the line."""
    controls = []
    for number, line in enumerate(read_text(Path(path)).splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if text:
            try:
                controls.append(parse_control(text))
            except AutomationError as error:
                raise AutomationError(f"{path}, line {number}: {error}") from None
    return controls


class BoundControl:
    """A control with its parameter. Remembers the upper seven bits until the lower ones arrive."""

    def __init__(self, control: MidiControl, board: Board) -> None:
        self.control = control
        slot_name, _, self.symbol = control.target.rpartition(".")
        self.slot = board.slot(slot_name) if slot_name else None
        board.check_slot_symbol(self.slot, self.symbol)
        self._scale = _scale(control, board.member_at(self.slot), self.symbol)
        self._upper = self._lower = 0

    def value(self, message: Any) -> Value | None:
        """The value that this MIDI message (of mido) sets the parameter to, or None if it is about something else."""
        if self.control.channel not in (None, message.channel + 1 if hasattr(message, "channel") else None):
            return None
        if message.type == "pitchwheel" and self.control.number == BEND:
            # The wheel rests at 0 in -8192 to 8191, which must be exactly the middle of the range.
            bend = message.pitch / (8191.0 if message.pitch > 0 else 8192.0)
            return self._scale(0.5 + 0.5 * bend)
        if message.type != "control_change":
            return None
        return self._controller(message.control, message.value)

    def _controller(self, number: int, value: int) -> Value | None:
        if number == self.control.number:
            # MIDI 1.0: a new upper half sets the lower half to 0.
            self._upper, self._lower = value, 0
        elif number == self.control.fine:
            self._lower = value
        else:
            return None
        if self.control.fine is None:
            return self._scale(self._upper / 127.0)
        return self._scale((128 * self._upper + self._lower) / 16383.0)


def bind(controls: Sequence[MidiControl], board: Board) -> list[BoundControl]:
    """Bind controls to a board; raises AutomationError naming the control that does not fit."""
    bound = []
    for control in controls:
        try:
            bound.append(BoundControl(control, board))
        except (BoardError, ParameterError) as error:
            raise AutomationError(f"MIDI map, {control.name}: {error}") from None
    return bound


class _scale:  # noqa: N801 - named like the function that it makes
    """0..1 -> a value between the control's ends, along the parameter's own scale."""

    def __init__(self, control: MidiControl, part: Member, symbol: str) -> None:
        self._parameter = part.declaration(symbol)
        ends = [control.low, control.high]
        if self._parameter is None:
            self._low, self._high = _written_range(control)
        else:
            known = [self._parameter.normalise(self._parameter.parse(text)) if text else None for text in ends]
            self._low, self._high = (end if end is not None else float(i) for i, end in enumerate(known))

    def __call__(self, position: float) -> Value:
        position = self._low + (self._high - self._low) * position
        return position if self._parameter is None else self._parameter.from_normalised(min(max(position, 0.0), 1.0))


def _written_range(control: MidiControl) -> tuple[float, float]:
    """The range written in the map, for pedalboard's own plugins, which do not report one."""
    try:
        return float(control.low), float(control.high)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ParameterError(
            f"{control.target}: its plugin does not report the range; write it: {control.target}:LOW..HIGH"
        ) from None


def read_midi(path: Path | str, board: Board, controls: Sequence[MidiControl]) -> Automation:
    """The controllers of a .mid file, each held until its next; raises AutomationError or MissingExtraError."""
    messages = list(_messages(Path(path)))
    if not controls:
        raise AutomationError(f"{path}: no controllers assigned; it contains {_contents(messages)}; write {GRAMMAR}")
    curves: dict[str, Breakpoints] = {}
    for bound in bind(controls, board):
        moves = ((time_s, bound.value(message)) for time_s, message in messages)
        pairs = [(time_s, value) for time_s, value in moves if value is not None]
        name = bound.control.name
        if not pairs:
            raise AutomationError(f"{path}: no {name} for {bound.control.target}; it contains {_contents(messages)}")
        if bound.control.target in curves:
            raise AutomationError(f"MIDI map: two controls move {bound.control.target}; {name} is the second")
        curves[bound.control.target] = Breakpoints(pairs, "step", Origin(f"{path}, {name}", 0, ()))
    return Automation(curves)


def _messages(file: Path) -> Iterator[tuple[float, Any]]:
    """(time in s, message) of all tracks, with tempo changes applied."""
    mido = import_mido()
    try:
        song = mido.MidiFile(str(file))
        if song.ticks_per_beat <= 0:
            raise AutomationError(f"{file}: its times are SMPTE frames; export it with ticks per beat")
        time_s = 0.0
        for message in song:
            time_s += message.time
            yield time_s, message
    except FileNotFoundError:
        raise AutomationError(f"{file}: cannot be read: no such file") from None
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        raise AutomationError(f"{file}: not a MIDI file that can be read: {error or type(error).__name__}") from None


def import_mido() -> Any:
    """The MIDI library; raises MissingExtraError."""
    try:
        import mido
    except ImportError:
        raise MissingExtraError('MIDI needs mido: pip install "ddsp-fx[midi]"') from None
    return mido


def _contents(messages: Sequence[tuple[float, Any]]) -> str:
    found: Counter[str] = Counter()
    for _, message in messages:
        if message.type == "control_change":
            found[f"{message.channel + 1}/{message.control}"] += 1
        elif message.type == "pitchwheel":
            found[f"{message.channel + 1}/bend"] += 1
    listed = ", ".join(f"{name} ({count} x)" for name, count in found.most_common(12))
    return listed or "no controllers at all"
