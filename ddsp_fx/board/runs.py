# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled effects that follow each other in a board, played in one call without Python in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.board.assembly import Part
from ddsp_fx.board.faults import Guard
from ddsp_fx.effects.staged import StagedEffect

if TYPE_CHECKING:
    from ddsp_fx.dsp.stage import Status

Player = Part | Guard
# Plays one slot: the player, its index, and the block.
PlayOne = Callable[[Player, int, Audio], Audio]
MOST = 16


class OneByOne:
    """Slots that are played one after the other, because they run in Python or natively.

    Args:
        players: of these slots.
        first: the index of the first one in the board.
    """

    def __init__(self, players: Sequence[Player], first: int) -> None:
        self._players, self._first = list(players), first

    def play(self, block: Audio, play_one: PlayOne) -> Audio:
        """The block through all of them."""
        for index, player in enumerate(self._players):
            block = play_one(player, self._first + index, block)
        return block


class AtOnce(OneByOne):
    """Slots whose stages are one chain. Whatever is out of the ordinary is played one by one, as ever."""

    def __init__(self, players: Sequence[Player], first: int) -> None:
        from ddsp_fx.dsp.stage import Chain

        super().__init__(players, first)
        self._guards = [player for player in players if isinstance(player, Guard)]
        self._parts = [part_of(player) for player in players]
        self._effects = [part.stage for part in self._parts if isinstance(part.stage, StagedEffect)]
        stages = [effect._stage for effect in self._effects if effect._stage is not None]
        self._chain = Chain(stages, [guard.past for guard in self._guards])

    def play(self, block: Audio, play_one: PlayOne) -> Audio:
        clean = np.ascontiguousarray(block, np.float32)
        if any(guard.is_bypassed for guard in self._guards) or self._must_stop_within(block.shape[1]):
            return super().play(clean, play_one)
        out, spare = np.empty(clean.shape, np.float32), np.empty(clean.shape, np.float32)
        entered = 0
        try:
            for part in self._parts:
                part.enter()
                entered += 1
            status = self._chain.run(clean, out, spare)
        finally:
            for part in self._parts[:entered]:
                part.stage._usage.leave()
        if status is None:
            return out
        return self._finish(status, clean, (out, spare), play_one)

    def _must_stop_within(self, samples: int) -> bool:
        return any(effect._samples_ahead() < samples for effect in self._effects)

    def _finish(self, status: Status, block: Audio, buffers: tuple[Audio, Audio], play_one: PlayOne) -> Audio:
        """After a call that was not as it should be: nothing has run, or the stages before one that failed."""
        if status.bad_input:
            return super().play(block, play_one)
        for index in status.bad_outputs:
            self._effects[index]._tell(0, True)
        if not status.code:
            return buffers[0]
        block = self._chain.input_of(status.stage, block, *buffers).copy()
        for index, player in enumerate(self._players[status.stage :], status.stage):
            failed = Failed(player, self._effects[index]._stage_error(status.code)) if index == status.stage else player
            block = play_one(failed, self._first + index, block)
        return block


class Failed(Part):
    """Stands in for a slot whose stage has failed within this block."""

    def __init__(self, player: Player, error: Exception) -> None:
        super().__init__(part_of(player).stage, part_of(player).plugins)
        self._player, self._error = player, error

    def process_block(self, block: Audio) -> Audio:
        if not isinstance(self._player, Guard):
            raise self._error
        self._player.fail(self._error)
        return self._player.process_block(block)


def part_of(player: Player) -> Part:
    """The part that a player plays."""
    return player.part if isinstance(player, Guard) else player


class Runs:
    """The players of a board, in as few calls as possible; worked out when they have changed."""

    def __init__(self) -> None:
        self._players: Sequence[Player] | None = None
        self._runs: list[OneByOne] = []

    def of(self, players: Sequence[Player]) -> list[OneByOne]:
        """The runs of these players, which must be another list if they are others."""
        if players is not self._players:
            self._players, self._runs = players, list(_runs(players))
        return self._runs


def _runs(players: Sequence[Player]) -> Iterator[OneByOne]:
    first = 0
    for compiled, group in groupby(players, _is_compiled):
        members = list(group)
        for start in range(0, len(members), MOST):
            some = members[start : start + MOST]
            yield AtOnce(some, first) if compiled and len(some) > 1 else OneByOne(some, first)
            first += len(some)


def _is_compiled(player: Player) -> bool:
    stage = part_of(player).stage
    return isinstance(stage, StagedEffect) and stage._chain is not None
