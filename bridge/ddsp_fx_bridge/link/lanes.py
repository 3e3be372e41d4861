# SPDX-License-Identifier: GPL-3.0-or-later
"""Assigns parameters to a host's numbered automation lanes, and keeps them while boards change.

A host identifies a parameter, and its automation, only by its number. So a target (slot's name and parameter's symbol)
keeps its number: inserting, removing or reordering effects, or a new version with new parameters, moves no automation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

MOST_LANES = 64
# The board's own parameters, which the plugin has before any engine answers.
OWN = ("mix", "bypass")
# The key in the board's JSON, which a host's project stores.
KEY = "lanes"
_MOST_NAME = 4096


class Lanes:
    """Targets by number. If its effect is removed, a lane stays reserved if the host ever moved it; else it is free.

    Args:
        targets: of lanes 0, 1, ...; None is a free lane. Duplicates, and those beyond 64, are left out.
        moved: the numbers that the host has moved; None means all.
    """

    def __init__(self, targets: Iterable[str | None] = (), moved: Iterable[int] | None = None) -> None:
        self._targets: list[str | None] = []
        for target in list(targets)[:MOST_LANES]:
            self._targets.append(None if target in self._targets else target)
        count = len(self._targets)
        self._moved = set(range(count)) if moved is None else {lane for lane in moved if 0 <= lane < count}

    @property
    def targets(self) -> Sequence[str | None]:
        """Targets by number; None is a free lane."""
        return tuple(self._targets)

    def arrange(self, present: Sequence[str]) -> None:
        """Set the board's targets: new ones get free lanes, lowest first, as long as there are any."""
        for lane, target in enumerate(self._targets):
            if target not in present and lane not in self._moved:
                self._targets[lane] = None
        while self._targets and self._targets[-1] is None:
            self._targets.pop()
        free = [lane for lane in range(MOST_LANES) if lane >= len(self._targets) or self._targets[lane] is None]
        for target, lane in zip((t for t in present if t not in self._targets), free, strict=False):
            self._targets += [None] * (lane + 1 - len(self._targets))
            self._targets[lane] = target

    def move(self, target: str) -> bool:
        """Note that the host has moved it, so its automation may depend on that lane. True the first time."""
        lane = self._targets.index(target) if target in self._targets else None
        if lane is None or lane in self._moved:
            return False
        self._moved.add(lane)
        return True

    def added_to(self, board_json: str) -> str:
        """The board's JSON with the lanes in it."""
        lanes = {"targets": self._targets, "moved": sorted(self._moved)}
        return json.dumps({**json.loads(board_json), KEY: lanes})


def restored_lanes(board_json: str, targets: Iterable[str]) -> Lanes:
    """The lanes of a project: those in its JSON, else in the order of the targets sent by the plugin.

    A project saved by a version without lanes only has that order; all of its lanes are then reserved.
    """
    told = _told(board_json) or Lanes(targets)
    # The plugin uses fixed numbers for the board's own parameters, whatever the project contains.
    return told if tuple(told.targets[: len(OWN)]) == OWN else Lanes()


def _told(board_json: str) -> Lanes | None:
    """None if the JSON has no valid lanes; it may come from anywhere."""
    try:
        data = json.loads(board_json)
    except (ValueError, RecursionError):
        return None
    told = data.get(KEY) if isinstance(data, Mapping) else None
    if not isinstance(told, Mapping) or not isinstance(told.get("targets"), list):
        return None
    targets, moved = told["targets"], told.get("moved", [])
    if len(targets) > MOST_LANES or not all(_is_target(target) for target in targets) or not isinstance(moved, list):
        return None
    return Lanes(targets, [lane for lane in moved if isinstance(lane, int)])


def _is_target(target: object) -> bool:
    return target is None or (isinstance(target, str) and 0 < len(target) <= _MOST_NAME)
