# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle on disk: its manifest, its files by hash, and the effects made from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ddsp_fx.analysis.trackers import check_tracker
from ddsp_fx.bounded import sha256_of
from ddsp_fx.bundles.kinds import effect_kind
from ddsp_fx.bundles.manifest import EffectEntry, Manifest, read_manifest
from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.parameters import Value
from ddsp_fx.effects.source import Source, Trained
from ddsp_fx.errors import BundleError, UnknownEffectError, did_you_mean

# Per file. This project's files have up to 1 MiB.
MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Bundle:
    """A folder with a valid manifest. Models are opened only by an effect's `prepare`."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """Raises BundleError with all reasons if the manifest breaks the schema."""
        return cls(folder, read_manifest(folder))

    def entry(self, symbol: str) -> EffectEntry:
        """The effect of that symbol; raises UnknownEffectError."""
        for entry in self.manifest.effects:
            if entry.symbol == symbol:
                return entry
        known = [entry.symbol for entry in self.manifest.effects]
        raise UnknownEffectError(
            f"bundle {self.manifest.id} has no effect {symbol!r}{did_you_mean(symbol, known)}; "
            f"it has {', '.join(known)}"
        )

    def file(self, key: str) -> Path:
        """The path of a listed file; raises BundleError if it is missing, a link elsewhere, or its hash is wrong."""
        entry = self.manifest.files[key]
        path = self.folder / entry.path
        if not path.is_file():
            raise BundleError(f"{path}: missing; the manifest of {self.manifest.id} lists it as {key!r}")
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise BundleError(f"{path}: a link that leaves the bundle's folder is refused")
        found = sha256_of(path, MOST_BYTES, BundleError)
        if found != entry.sha256:
            raise BundleError(
                f"{path}: sha256 is {found[:12]}…, the manifest says {entry.sha256[:12]}…; "
                f"the file is damaged or was changed: reinstall the bundle"
            )
        return path

    def make(self, symbol: str, preset: str | None = None, tracker: str | None = None, **values: Value) -> Effect:
        """A new effect: its kind's defaults, then the entry's, then the preset's, then `values`.

        Raises UnknownEffectError, BundleError (files, preset) or ParameterError.
        """
        entry = self.entry(symbol)
        if tracker:
            check_tracker(tracker)
        source = Source(
            files={role: self.file(key) for role, key in entry.files.items()},
            trained=self.manifest.trained_on.trained() if self.manifest.trained_on else Trained(),
            options={"tracker": tracker} if tracker else {},
            label=entry.symbol,
        )
        effect = effect_kind(entry.kind).from_source(source)
        effect.name = entry.symbol
        effect.set_values(entry.defaults)
        effect.origin = f"{self.manifest.id}/{entry.symbol}"
        effect.set_values({**self._preset(entry, preset), **values})
        return effect

    def _preset(self, entry: EffectEntry, preset: str | None) -> dict[str, Value]:
        if preset is None:
            return {}
        if preset not in entry.presets:
            known = ", ".join(entry.presets) or "none"
            raise BundleError(
                f"{entry.symbol} has no preset {preset!r}{did_you_mean(preset, entry.presets)}; it has {known}"
            )
        return dict(entry.presets[preset])


def file_sha256(path: Path) -> str:
    """Hex digest of the file's bytes; raises BundleError when it cannot be read."""
    return sha256_of(path, MOST_BYTES, BundleError)
