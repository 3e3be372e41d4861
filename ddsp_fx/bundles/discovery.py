# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds bundles in explicit paths, $DDSP_FX_PATH, the user's data folder and installed packages, in that order."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from ddsp_fx.bundles.archive import open_archive
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.manifest import MANIFEST_NAME
from ddsp_fx.errors import BundleError, DdspFxError, UnknownEffectError, did_you_mean
from ddsp_fx.extensions import installed

GROUP = "ddsp_fx.bundles"
PATH_VARIABLE = "DDSP_FX_PATH"


@dataclass(frozen=True)
class Problem:
    """A place that was skipped, and the reason."""

    place: Path
    reason: str


@dataclass
class Catalogue:
    """The bundles that were found, in order of precedence, and the problems."""

    bundles: list[Bundle] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _clashes: dict[str, list[Path]] = field(default_factory=dict)

    def add(self, bundle: Bundle) -> None:
        """Add a bundle; a second one with the same id becomes a problem that names both."""
        same = [b for b in self.bundles if b.manifest.id == bundle.manifest.id]
        if not same:
            self.bundles.append(bundle)
        elif same[0].folder.resolve() != bundle.folder.resolve():
            self._clashes.setdefault(bundle.manifest.id, [same[0].folder]).append(bundle.folder)
            self.problems.append(Problem(bundle.folder, self._clash_text(bundle.manifest.id)))

    def _clash_text(self, bundle_id: str) -> str:
        places = " and ".join(str(place) for place in self._clashes[bundle_id])
        return f"id {bundle_id} is claimed by {places}; remove one or change its id"

    def symbols(self) -> list[str]:
        """Every effect's symbol, in order of precedence."""
        return [entry.symbol for bundle in self.bundles for entry in bundle.manifest.effects]

    def find(self, name: str) -> tuple[Bundle, str]:
        """The bundle and symbol behind `symbol` or `bundle.id/symbol`.

        Raises UnknownEffectError with a suggestion, or BundleError when two bundles claim the name.
        """
        bundle_id, _, symbol = name.rpartition("/")
        found = [
            bundle
            for bundle in self.bundles
            if any(entry.symbol == symbol for entry in bundle.manifest.effects)
            and bundle_id in ("", bundle.manifest.id)
        ]
        if not found:
            raise UnknownEffectError(self._unknown_text(name))
        if found[0].manifest.id in self._clashes:
            raise BundleError(f"effect {name!r} is ambiguous: {self._clash_text(found[0].manifest.id)}")
        if len(found) > 1:
            full = " or ".join(f"{b.manifest.id}/{symbol}" for b in found)
            raise BundleError(f"effect {name!r} is in {len(found)} bundles; use {full}")
        return found[0], symbol

    def _unknown_text(self, name: str) -> str:
        known = self.symbols()
        listed = ", ".join(known) or "none (no bundle was found)"
        broken = f"; {len(self.problems)} broken bundle(s) were skipped, see `ddsp-fx list`" if self.problems else ""
        return f"no effect is called {name!r}{did_you_mean(name, known)}; installed: {listed}{broken}"


def discover(paths: Iterable[Path | str] = ()) -> Catalogue:
    """Find all bundles. A broken bundle is listed in `problems` and never hides the others."""
    catalogue = Catalogue()
    for place in [*map(Path, paths), *_default_places()]:
        for candidate in _candidates(place, catalogue):
            try:
                catalogue.add(open_bundle(candidate))
            except DdspFxError as error:
                catalogue.problems.append(Problem(candidate, str(error)))
            # Unforeseen damage, too, affects only that bundle.
            except Exception as error:
                catalogue.problems.append(Problem(candidate, f"cannot be opened: {type(error).__name__}: {error}"))
    return catalogue


def open_bundle(path: Path) -> Bundle:
    """A bundle folder or zip; raises BundleError."""
    return open_archive(path) if path.suffix == ".zip" else Bundle.open(path)


def user_folder() -> Path:
    """The folder where users put bundles."""
    return platformdirs.user_data_path("ddsp-fx") / "bundles"


def _default_places() -> Iterator[Path]:
    for entry in os.environ.get(PATH_VARIABLE, "").split(os.pathsep):
        if entry:
            yield Path(entry)
    yield user_folder()
    for point in installed(GROUP):
        yield from _pack(point.value)


def _pack(package: str) -> Iterator[Path]:
    """The folders of an installed package of bundles; none if it is gone or its entry point names an impossible one."""
    try:
        # find_spec on a top-level package locates it without running its code.
        spec = importlib.util.find_spec(package) if package.isidentifier() else None
    except (ImportError, ValueError):
        return
    yield from (Path(place) for place in (spec.submodule_search_locations or [] if spec else []))


def _candidates(place: Path, catalogue: Catalogue) -> Iterator[Path]:
    """The bundles in a place: the place itself, or what lies directly in it."""
    try:
        if _is_bundle(place) or place.suffix == ".zip":
            yield place
        elif place.is_dir():
            # Hidden names are another system's metadata (._hall.zip) or an interrupted unpacking.
            inside = [child for child in place.iterdir() if not child.name.startswith(".")]
            yield from sorted(child for child in inside if child.suffix == ".zip" or _is_bundle(child))
        elif place != user_folder():
            catalogue.problems.append(Problem(place, "no such folder or zip"))
    except (OSError, ValueError) as error:
        catalogue.problems.append(Problem(place, f"cannot be read: {getattr(error, 'strerror', None) or error}"))


def _is_bundle(folder: Path) -> bool:
    return (folder / MANIFEST_NAME).is_file()
