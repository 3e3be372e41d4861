# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions of installed packages, by entry points. A broken package never hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import Distribution, EntryPoint, distribution, distributions, entry_points
from typing import Any

from ddsp_fx.errors import DdspFxError, MissingExtraError, did_you_mean


class Door:
    """A group of entry points through which packages, ddsp-fx included, register one kind of thing.

    Args:
        group: of entry points, such as "ddsp_fx.trackers".
        what: a name for one of them in messages: "pitch tracker".
        error: raised for an unknown name, and for a name whose package is broken.
    """

    # No dataclass: that module imports inspect, which costs the program's start 5 ms.
    def __init__(self, group: str, what: str, error: type[DdspFxError] = DdspFxError) -> None:
        self.group, self.what, self.error = group, what, error

    def names(self) -> list[str]:
        """The registered names, sorted. Imports nothing."""
        return sorted(by_name(self.group))

    def check(self, name: str) -> EntryPoint:
        """The entry point of a name; raises `error` with the closest name and all others."""
        points = by_name(self.group)
        if name not in points:
            known = ", ".join(sorted(points)) or "none"
            raise self.error(f"no {self.what} is called {name[:80]!r}{did_you_mean(name, points)}; installed: {known}")
        return points[name]

    def load(self, name: str) -> Any:
        """Load the object; raises `error`, or MissingExtraError if its package needs another one."""
        return self.open(self.check(name))

    def open(self, point: EntryPoint) -> Any:
        """Load the object of an entry point that was found before; raises what `load` raises."""
        try:
            return point.load()
        except MissingExtraError:
            raise
        # A package that exits the program at import counts as broken too.
        except (Exception, SystemExit) as error:
            raise self.error(
                f"the {self.what} {point.name!r} cannot be loaded from {point.value}: {error}; reinstall its package"
            ) from error


def own_points(group: str) -> dict[str, EntryPoint]:
    """The entry points of ddsp-fx itself, which nobody can replace. Looks at no other package: that takes 4 ms."""
    try:
        points = distribution("ddsp-fx").entry_points.select(group=group)
    except Exception:  # not installed as a package, or its metadata cannot be parsed: `installed` copes with both
        return {}
    return {point.name: point for point in points}


def installed(group: str) -> list[EntryPoint]:
    """The entry points of a group, ddsp-fx's own first, so that no package can replace a built-in name."""
    try:
        found = list(entry_points(group=group))
    except Exception:  # a package's entry_points.txt that cannot be parsed makes this fail for all of them
        found = list(_one_by_one(group))
    own = list(own_points(group).values())
    return own + sorted((point for point in found if point not in own), key=lambda point: point.name)


def _one_by_one(group: str) -> Iterator[EntryPoint]:
    seen = set()
    for package in distributions():
        with suppress(Exception):
            name = _name(package)
            if name not in seen:
                seen.add(name)
                yield from package.entry_points.select(group=group)


def _name(package: Distribution) -> str:
    return package.metadata["Name"].lower().replace("_", "-")


def by_name(group: str) -> dict[str, EntryPoint]:
    """The first entry point of each name."""
    points: dict[str, EntryPoint] = {}
    for point in installed(group):
        points.setdefault(point.name, point)
    return points
