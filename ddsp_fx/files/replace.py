# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a file completely under its name, or not at all. Everything that writes a file uses this.

The new file keeps the properties of the one it replaces. A symbolic link stays a link, and its target is written.
Permissions, owner, access lists and extended attributes are copied to the new file. A file with several names (hard
links), or one whose owner cannot be copied, is overwritten in place from a complete copy. A read-only file is refused.
Temporary files left by a killed process are removed by the next process that writes there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ddsp_fx.errors import AudioError, DdspFxError
from ddsp_fx.files.interrupts import uninterrupted
from ddsp_fx.files.names import printable
from ddsp_fx.leftovers import sweep

# A common prefix, so that temporary files of killed processes can be recognised.
PREFIX = ".ddsp-fx-"
# A whole temporary name: other files of ours, which must stay, begin with the same prefix.
_TEMPORARY = re.compile(re.escape(PREFIX) + "[0-9a-f]{16}")


@contextmanager
def replacing(path: Path, error: type[DdspFxError] = AudioError) -> Iterator[Path]:
    """Yields a new, empty file next to `path` with the same suffix. At the end of the block it is moved to `path`.

    If the block raises, nothing changes. Everything that has `path` open must close it within the block, because
    Windows does not replace open files. OSError becomes `error`, naming the path.
    """
    temporary: Path | None = None
    try:
        target = check_replaceable(path, error)
        # Named before it is created, so that a signal in between cannot leave it behind.
        temporary = _temporary_name(target)
        sweep(temporary.parent, _TEMPORARY)
        _make(temporary)
        yield temporary
        _move(temporary, target)
    except OSError as failure:
        raise error(f"{printable(path)}: cannot be written: {_reason(failure)}") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def move_into_place(temporary: Path, path: Path, error: type[DdspFxError] = AudioError) -> None:
    """The last step of `replacing`, for a file that was written under its own temporary name; raises `error`."""
    try:
        target = check_replaceable(path, error)
        _move(temporary, target)
        temporary.unlink(missing_ok=True)
    except OSError as failure:
        raise error(f"{printable(path)}: cannot be written: {_reason(failure)}") from None


def write_file(path: Path, content: str | bytes, error: type[DdspFxError] = AudioError) -> Path:
    """Write a small file, text as UTF-8; raises `error`."""
    with replacing(path, error) as temporary:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def check_replaceable(path: Path, error: type[DdspFxError] = AudioError) -> Path:
    """The file that would really be written, after following links; raises `error` if it cannot be written."""
    name = printable(path)
    try:
        target = Path(os.path.realpath(path))
        target.lstat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as failure:
        raise error(f"{name}: cannot be written: {_reason(failure)}") from None
    if target.is_symlink():
        raise error(f"{name}: is a link to itself; name a file")
    if target.is_dir():
        raise error(f"{name}: is a folder; name a file")
    if not target.parent.is_dir():
        folder = target.parent if path.is_symlink() else path.parent
        raise error(f"{name}: the folder {printable(folder)} does not exist; make it first")
    if target.exists():
        _check_present(target, name, error)
    elif not os.access(target.parent, os.W_OK):
        raise error(f"{name}: no permission to write in {printable(target.parent)}")
    return target


def _check_present(target: Path, name: str, error: type[DdspFxError]) -> None:
    mode = target.stat().st_mode
    if not stat.S_ISREG(mode):
        raise error(f"{name}: is not a regular file; name another")
    # The superuser may write anything, but the read-only mark still states the owner's wish.
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise error(f"{name}: is read-only; change its permissions, or name another file")
    if not os.access(target, os.W_OK):
        raise error(f"{name}: no permission to write to it; name another file")


def _temporary_name(target: Path) -> Path:
    """A name next to the file; elsewhere if nothing can be created there, and the file is then overwritten in place."""
    folder = target.parent if os.access(target.parent, os.W_OK) else Path(tempfile.gettempdir())
    return folder / f"{PREFIX}{secrets.token_hex(8)}{target.suffix[:20]}"


def _make(path: Path) -> None:
    """Create an empty file with the permissions of any new file there (umask, the folder's access list)."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


def _move(temporary: Path, target: Path) -> None:
    _flush(temporary)
    if not target.exists():
        os.replace(temporary, target)  # noqa: PTH105 - Path.replace reports the wrong name in its error
        return
    before = target.stat()
    if before.st_nlink > 1 or temporary.parent != target.parent or not _dress(temporary, target, before):
        _write_into(temporary, target)
    else:
        _rename(temporary, target)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _dress(temporary: Path, target: Path, before: os.stat_result) -> bool:
    """Copy owner, permissions and attributes from the old file; False if this process may not."""
    if hasattr(os, "chown"):
        now = temporary.stat()
        if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
            try:
                os.chown(temporary, before.st_uid, before.st_gid)
            except OSError:
                return False
    temporary.chmod(stat.S_IMODE(before.st_mode))
    return _copy_attributes(temporary, target)


def _copy_attributes(temporary: Path, target: Path) -> bool:
    """Copy extended attributes, which on Linux include access lists.

    The new file's own are removed: a folder's default access list could admit users whom the old file kept out.
    """
    if not hasattr(os, "listxattr"):
        return True
    try:
        names = os.listxattr(target)
        for name in set(os.listxattr(temporary)) - set(names):
            os.removexattr(temporary, name)
        for name in names:
            os.setxattr(temporary, name, os.getxattr(target, name))
    except OSError as failure:
        # A file system without attributes has none to copy. If copying is not permitted, the old file must be kept.
        return failure.errno in (errno.ENOTSUP, errno.EOPNOTSUPP)
    return True


def _rename(temporary: Path, target: Path) -> None:
    try:
        os.replace(temporary, target)  # noqa: PTH105
    except PermissionError:
        # On Windows, a file that somebody is reading cannot be replaced, but may still be overwritten.
        _write_into(temporary, target)


def _write_into(temporary: Path, target: Path) -> None:
    """Overwrite the existing file, completely even if a signal arrives, because half the bytes are no file.

    Its disk space is reserved first, so that a full disk loses nothing.
    """
    size = temporary.stat().st_size
    with uninterrupted(), temporary.open("rb") as source, target.open("rb+") as sink:
        if size and hasattr(os, "posix_fallocate"):
            _take_space(sink, size)
        shutil.copyfileobj(source, sink, 1 << 20)
        sink.truncate()
        sink.flush()
        os.fsync(sink.fileno())


def _take_space(sink: BinaryIO, size: int) -> None:
    before = os.fstat(sink.fileno()).st_size
    try:
        os.posix_fallocate(sink.fileno(), 0, size)
    except OSError as failure:
        # Some file systems have grown the file by as much as fitted.
        sink.truncate(before)
        if failure.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())
