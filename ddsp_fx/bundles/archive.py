# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle that travels as a zip: unpacked once into the cache, nothing that leaves its folder accepted."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import platformdirs

from ddsp_fx.bundles.bundle import Bundle, file_sha256
from ddsp_fx.bundles.manifest import MANIFEST_NAME
from ddsp_fx.errors import BundleError

# A bundle is a few MiB; beyond this an archive is a mistake or an attack.
MAX_BYTES = 256 << 20
MAX_MEMBERS = 1000


def open_archive(path: Path, cache: Path | None = None) -> Bundle:
    """Unpack (once per content) and open; raises BundleError for unsafe members, links, or broken hashes."""
    try:
        target = (cache or platformdirs.user_cache_path("ddsp-fx") / "bundles") / file_sha256(path)[:32]
        if not target.is_dir():
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, path, target)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise BundleError(f"{path}: not a readable zip: {error}") from None
    bundle = Bundle.open(target)
    for key in bundle.manifest.files:
        bundle.file(key)
    return bundle


def _unpack(archive: zipfile.ZipFile, path: Path, target: Path) -> None:
    members = [info for info in archive.infolist() if not info.is_dir()]
    _check_members(members, path)
    root = _root(members, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=".unpack-"))
    try:
        for info in members:
            out = staging / PurePosixPath(info.filename).relative_to(root)
            out.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as source, out.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    size = sum(info.file_size for info in members)
    if size > MAX_BYTES or len(members) > MAX_MEMBERS:
        raise BundleError(
            f"{path}: unpacks to {len(members)} files of {size >> 20} MiB; "
            f"at most {MAX_MEMBERS} files and {MAX_BYTES >> 20} MiB are accepted"
        )
    for info in members:
        inner = PurePosixPath(info.filename)
        if inner.is_absolute() or ".." in inner.parts or "\\" in info.filename or ":" in info.filename:
            raise BundleError(f"{path}: member {info.filename!r} leaves the bundle's folder; refused")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BundleError(f"{path}: member {info.filename!r} is a link; refused")


def _root(members: list[zipfile.ZipInfo], path: Path) -> PurePosixPath:
    """The folder inside the zip that holds the manifest: the top, or the one folder people zip up."""
    roots = [PurePosixPath(i.filename).parent for i in members if PurePosixPath(i.filename).name == MANIFEST_NAME]
    if not roots:
        raise BundleError(f"{path}: has no {MANIFEST_NAME}")
    root = min(roots, key=lambda folder: len(folder.parts))
    outside = [i.filename for i in members if not PurePosixPath(i.filename).is_relative_to(root)]
    if outside:
        raise BundleError(f"{path}: {outside[0]!r} lies outside the folder of {MANIFEST_NAME}")
    return root
