# SPDX-License-Identifier: GPL-3.0-or-later
"""What installed packages offer by entry points. One broken package never hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points

OURS = "ddsp-fx"


def installed(group: str) -> list[EntryPoint]:
    """The entry points of a group, our own first: a name that is built in keeps its meaning whatever is installed."""
    try:
        found = list(entry_points(group=group))
    except Exception:  # a package's entry_points.txt that cannot be parsed makes this fail for all of them
        found = list(_one_by_one(group))
    return sorted(found, key=lambda point: (point.dist is None or point.dist.name != OURS, point.name))


def _one_by_one(group: str) -> Iterator[EntryPoint]:
    seen = set()
    for distribution in distributions():
        with suppress(Exception):
            name = _name(distribution)
            if name not in seen:
                seen.add(name)
                yield from distribution.entry_points.select(group=group)


def _name(distribution: Distribution) -> str:
    return distribution.metadata["Name"].lower().replace("_", "-")


def by_name(group: str) -> dict[str, EntryPoint]:
    """The first entry point of each name."""
    points: dict[str, EntryPoint] = {}
    for point in installed(group):
        points.setdefault(point.name, point)
    return points
