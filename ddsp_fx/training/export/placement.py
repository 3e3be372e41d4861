# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a run's bundle into place. The place must be empty, or hold what the same run wrote.

A bundle is moved in as a whole. The old one is set aside until the new one is in place, and is put back if the move was
interrupted. Files that somebody added to it are kept.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ddsp_fx.bundles.bundle import Bundle, file_sha256
from ddsp_fx.errors import BundleError, TrainingError
from ddsp_fx.files.replace import write_file
from ddsp_fx.leftovers import sweep
from ddsp_fx.training.run_folder import MARK


class Placement:
    """One bundle's folder, from the view of one run.

    Args:
        folder: of the bundle.
        run_folder: where the run stores the hashes of the files it wrote.
    """

    def __init__(self, folder: Path, run_folder: Path) -> None:
        self.folder = Path(folder).absolute()
        self._record = run_folder / MARK
        self._staging_prefix = f".{self.folder.name}.writing-"
        self._aside_prefix = f".{self.folder.name}.replaced-"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the place against other trainings; raises TrainingError if the bundle could not be put there."""
        lock = self.folder.with_name(f".{self.folder.name}.lock")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(lock, timeout=0):
                sweep(self.folder.parent, self._staging_prefix, 0.0)
                self._put_back()
                self.require_free()
                yield
                lock.unlink(missing_ok=True)
        except Timeout:
            raise TrainingError(
                f"{self.folder}: another training is making this bundle; choose another --name"
            ) from None
        except OSError as error:
            raise TrainingError(f"{error.filename or self.folder}: {error.strerror or error}") from error

    def require_free(self) -> None:
        """Raises TrainingError unless the place is empty or contains what this run wrote, unchanged."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise TrainingError(f"{self.folder}: not a folder for one bundle only; choose another --name or --out")
        if not self.folder.exists():
            return
        written = self._written()
        if written is None:
            raise TrainingError(
                f"{self.folder}: {self._what_is_there()}; it is left unchanged. "
                "Choose another --name or --out, or move it away"
            )
        for name, digest in written.items():
            path = self.folder / name
            if path.is_file() and file_sha256(path) != digest:
                raise TrainingError(
                    f"{path}: was changed after this run wrote it, and would be lost; "
                    "keep a copy elsewhere and remove it, or choose another --out"
                )

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder next to the bundle's, which replaces it when the block ends without an error."""
        staging = Path(tempfile.mkdtemp(prefix=self._staging_prefix, dir=self.folder.parent))
        try:
            yield staging
            self._put(staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _put(self, staging: Path) -> None:
        self.require_free()
        staging.chmod(0o755)
        made = _files(staging)
        digests = {name: file_sha256(staging / name) for name in made}
        aside = None
        if self.folder.exists():
            aside = self.folder.with_name(self._aside_prefix + secrets.token_hex(4))
            self.folder.rename(aside)
        try:
            staging.rename(self.folder)
        except OSError:
            if aside is not None:
                aside.rename(self.folder)
            raise
        if aside is not None:
            self._carry_over(aside)
        self._remember(digests)

    def _carry_over(self, aside: Path) -> None:
        """Delete what the run wrote, and move what somebody added into the new folder, renamed if the name is taken."""
        written = self._written() or {}
        for name in _files(aside):
            if name in written:
                (aside / name).unlink()
                continue
            target = self.folder / name
            while target.exists():
                target = target.with_name(target.name + ".kept")
            target.parent.mkdir(parents=True, exist_ok=True)
            (aside / name).rename(target)
        shutil.rmtree(aside)

    def _put_back(self) -> None:
        """Restore the old bundle if a run was killed between the two renames."""
        left = sorted(self.folder.parent.glob(f"{self._aside_prefix}*"))
        if left and not self.folder.exists():
            left[-1].rename(self.folder)

    def _what_is_there(self) -> str:
        try:
            manifest = Bundle.open(self.folder).manifest
        except BundleError:
            return "exists and is not a bundle of this run"
        return f"contains the bundle {manifest.id} {manifest.version}, which another training made"

    def _written(self) -> dict[str, str] | None:
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        files: dict[str, str] = record.get("bundles", {}).get(str(self.folder))
        return files

    def _remember(self, digests: dict[str, str]) -> None:
        record = {"format": "ddsp-fx run", "bundles": {str(self.folder): digests}}
        self._record.parent.mkdir(parents=True, exist_ok=True)
        write_file(self._record, json.dumps(record, indent=2), TrainingError)


def _files(folder: Path) -> list[str]:
    """The paths of all files in a folder; a link counts as a file, wherever it leads."""
    inside = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in inside)
