# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of frames that were followed or not, and why: see `hearing`."""

from typing import NamedTuple

from ddsp_fx.analysis.character import Character
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp.state import Double2, Record

LOWEST_DB, LEVELS = -80, 128
# Rows of the counts, in the order of `hearing.REASONS` after the first.
FOLLOWED, TOO_QUIET, TOO_LOW, TOO_HIGH, NOISE, NO_CLEAR_PITCH, ROWS = range(7)
_LOW, _HIGH = int(Character.LOW), int(Character.HIGH)
_NOISE, _FAINT = int(Character.NOISE), int(Character.FAINT)


class Weights(Record):
    """What the next frame weighs, the share that old ones keep with each, and the weight of those out of range."""

    weight: float
    keep: float
    out_of_range: float


class Counts(NamedTuple):
    """Weights of frames by reason and by level in decibels."""

    weights: Weights
    frames: Double2


@kernel()
def _reason(character: int, too_quiet: bool) -> int:
    if too_quiet or character == _FAINT:
        return TOO_QUIET
    if character == _LOW:
        return TOO_LOW
    if character == _HIGH:
        return TOO_HIGH
    return NOISE if character == _NOISE else NO_CLEAR_PITCH


@kernel()
def count(  # noqa: PLR0913, PLR0917
    counts: Counts, level_db: float, character: int, followed: bool, too_quiet: bool, out_of_range: bool
) -> None:
    """Count one frame."""
    weights, row = counts.weights, _reason(character, too_quiet)
    # For a tone above its range, every tracker reports a pitch octaves too low, so the note played is wrong.
    if followed and row != TOO_HIGH:
        row = FOLLOWED
    index = min(max(int(level_db) - LOWEST_DB, 0), LEVELS - 1)
    # Old frames fade because new ones are counted with a growing weight; `hearing` divides by the weight.
    weights.weight /= weights.keep
    counts.frames[row, index] += weights.weight
    if out_of_range and row == FOLLOWED:
        weights.out_of_range += weights.weight
    if weights.weight > 1e100:
        for r in range(ROWS):
            for i in range(LEVELS):
                counts.frames[r, i] /= weights.weight
        weights.out_of_range /= weights.weight
        weights.weight = 1.0
