# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions of installed packages, by entry points. A broken package never hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from typing import Any

from ddsp_fx.errors import DdspFxError, MissingExtraError, did_you_mean

OURS = "ddsp-fx"


@dataclass(frozen=True)
class Door:
    """A group of entry points with which packages, and ddsp-fx itself, register one sort of thing.

    Args:
        group: of entry points, such as "ddsp_fx.trackers".
        what: one of them in words, for messages: "pitch tracker".
        error: raised for a name that nobody registers, and for one whose package is broken.
    """

    group: str
    what: str
    error: type[DdspFxError] = DdspFxError

    def names(self) -> list[str]:
        """What is registered, in the order of the alphabet. Nothing is imported for it."""
        return sorted(by_name(self.group))

    def check(self, name: str) -> EntryPoint:
        """Where it is; raises `error` with the closest name and all others."""
        points = by_name(self.group)
        if name not in points:
            known = ", ".join(sorted(points)) or "none"
            raise self.error(f"no {self.what} is called {name[:80]!r}{did_you_mean(name, points)}; there are {known}")
        return points[name]

    def load(self, name: str) -> Any:
        """The object itself; raises `error`, or MissingExtraError where its package asks for another one."""
        point = self.check(name)
        try:
            return point.load()
        except MissingExtraError:
            raise
        # A package that ends the program where it is imported is broken too.
        except (Exception, SystemExit) as error:
            raise self.error(
                f"the {self.what} {name!r} cannot be loaded from {point.value}: {error}; reinstall its package"
            ) from error


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
