# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle as a zip: unpacked once into the cache. A zip with files outside the bundle's folder is refused."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import platformdirs

from ddsp_fx.bounded import open_regular, sha256_of
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.manifest import MANIFEST_NAME
from ddsp_fx.errors import BundleError
from ddsp_fx.leftovers import sweep
from ddsp_fx.names import problem_with

# A bundle has a few MiB; a larger archive is a mistake or an attack.
MAX_BYTES = 256 << 20
MAX_MEMBERS = 1000
# Decoders of the other methods may allocate without limit.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20
STAGING = ".unpack-"


def open_archive(path: Path, cache: Path | None = None) -> Bundle:
    """Unpack (once per content) and open; raises BundleError for unsafe members, links, or broken hashes."""
    digest = sha256_of(path, MAX_BYTES, BundleError)
    target = (cache or platformdirs.user_cache_path("ddsp-fx") / "bundles") / digest[:32]
    try:
        if not target.is_dir():
            with open_regular(path, MAX_BYTES, BundleError) as file, zipfile.ZipFile(file) as archive:
                _unpack(archive, path, target)
    except BundleError:
        raise
    # zipfile raises a dozen kinds for damaged bytes: zlib.error, EOFError, UnicodeDecodeError, struct.error, ...
    except Exception as error:
        raise BundleError(f"{path}: not a readable zip: {error or type(error).__name__}") from None
    bundle = Bundle.open(target)
    for key in bundle.manifest.files:
        bundle.file(key)
    return bundle


def _unpack(archive: zipfile.ZipFile, path: Path, target: Path) -> None:
    members = [info for info in archive.infolist() if not info.is_dir()]
    _check_members(members, path)
    root = _root(members, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent, STAGING)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=STAGING))
    try:
        for info in members:
            out = staging / PurePosixPath(info.filename).relative_to(root)
            out.parent.mkdir(parents=True, exist_ok=True)
            _extract(archive, info, out)
        _move_in(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, out: Path) -> None:
    with archive.open(info) as source, out.open("xb") as sink:
        while piece := source.read(_PIECE):
            sink.write(piece)


def _move_in(staging: Path, target: Path) -> None:
    """Move the unpacked bundle into place, unless another process or thread unpacked the same zip first."""
    try:
        staging.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _check_members(members: list[zipfile.ZipInfo], path: Path) -> None:
    size = sum(info.file_size for info in members)
    if size > MAX_BYTES or len(members) > MAX_MEMBERS:
        raise BundleError(
            f"{path}: unpacks to {len(members)} files of {size >> 20} MiB; "
            f"at most {MAX_MEMBERS} files and {MAX_BYTES >> 20} MiB are accepted"
        )
    seen: set[str] = set()
    for info in members:
        _check_member(info, path)
        # On a file system that ignores case, the second would replace the first.
        if info.filename.casefold() in seen:
            raise BundleError(f"{path}: member {info.filename[:80]!r} appears twice; refused")
        seen.add(info.filename.casefold())


def _check_member(info: zipfile.ZipInfo, path: Path) -> None:
    name = info.filename
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or "\\" in name or ":" in name:
        raise BundleError(f"{path}: member {name[:80]!r} leaves the bundle's folder; refused")
    for part in inner.parts or ("",):
        if problem := problem_with(part):
            raise BundleError(f"{path}: member {name[:80]!r} has a name that is not valid on every system: {problem}")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise BundleError(f"{path}: member {name[:80]!r} is a link; refused")
    if kind not in (0, stat.S_IFREG):
        raise BundleError(f"{path}: member {name[:80]!r} is neither a file nor a folder; refused")
    if info.compress_type not in _METHODS:
        raise BundleError(
            f"{path}: member {name[:80]!r} is packed by method {info.compress_type}; expected stored or deflated"
        )


def _root(members: list[zipfile.ZipInfo], path: Path) -> PurePosixPath:
    """The folder with the manifest inside the zip: the top, or its only folder."""
    roots = [PurePosixPath(i.filename).parent for i in members if PurePosixPath(i.filename).name == MANIFEST_NAME]
    if not roots:
        raise BundleError(f"{path}: has no {MANIFEST_NAME}")
    root = min(roots, key=lambda folder: len(folder.parts))
    outside = [i.filename for i in members if not PurePosixPath(i.filename).is_relative_to(root)]
    if outside:
        raise BundleError(f"{path}: {outside[0]!r} lies outside the folder of {MANIFEST_NAME}")
    return root
