# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a file completely under its name, or not at all. Everything that writes a file uses this.

The new file keeps the arrangements of the one that it replaces. A symbolic link stays one, and what it points at is
written; permissions, owner, access lists and extended attributes go over to the new file; a file with several names
(hard links), or one whose owner can't be given to a new file, is written into in place, from a copy that is complete.
A read-only file is refused. The next process that writes there removes temporary files that a killed process left.
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

# One beginning for all, so that what a killed process leaves can be known for ours.
PREFIX = ".ddsp-fx-"
# All of a temporary name: other files of ours, which are to stay, begin alike.
_TEMPORARY = re.compile(re.escape(PREFIX) + "[0-9a-f]{16}")


@contextmanager
def replacing(path: Path, error: type[DdspFxError] = AudioError) -> Iterator[Path]:
    """Yields a new, empty file beside `path`, of the same suffix; when the block ends it stands under the name.

    If the block raises, nothing has changed. Whatever holds `path` open must let go within the block: Windows
    replaces no open file. OSError becomes `error`, naming the path.
    """
    temporary: Path | None = None
    try:
        target = check_replaceable(path, error)
        # Named before it is made: a signal in between must not leave it behind.
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
    """What `replacing` does at its end, for a file that has grown under a name of its own; raises `error`."""
    try:
        target = check_replaceable(path, error)
        _move(temporary, target)
        temporary.unlink(missing_ok=True)
    except OSError as failure:
        raise error(f"{printable(path)}: cannot be written: {_reason(failure)}") from None


def write_file(path: Path, content: str | bytes, error: type[DdspFxError] = AudioError) -> Path:
    """A small file, text as UTF-8; raises `error`."""
    with replacing(path, error) as temporary:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def check_replaceable(path: Path, error: type[DdspFxError] = AudioError) -> Path:
    """Where a file of that name would really go, links followed; raises `error` when nothing can be written there."""
    name = printable(path)
    try:
        target = Path(os.path.realpath(path))
        target.lstat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as failure:
        raise error(f"{name}: cannot be written: {_reason(failure)}") from None
    if target.is_symlink():
        raise error(f"{name}: is a link that leads to itself; name a file")
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
    # The superuser may write anything; the mark still says what the owner wants.
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise error(f"{name}: is marked read-only; take the mark off, or name another file")
    if not os.access(target, os.W_OK):
        raise error(f"{name}: no permission to write to it; name another file")


def _temporary_name(target: Path) -> Path:
    """Beside the file; where nothing can be made there, elsewhere, and then the file is written into in place."""
    folder = target.parent if os.access(target.parent, os.W_OK) else Path(tempfile.gettempdir())
    return folder / f"{PREFIX}{secrets.token_hex(8)}{target.suffix[:20]}"


def _make(path: Path) -> None:
    """A new empty file with the permissions that any new file gets there (umask, the folder's access list)."""
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
    """Owner, permissions and attributes of the old file for the new; False where that isn't ours to give."""
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
    """Extended attributes; on Linux access lists are among them.

    What a new file has by itself goes: a folder's default access list lets in whom the old file kept out.
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
        # Of a file system without them there is nothing to copy; what the system won't let us copy stays where it is.
        return failure.errno in (errno.ENOTSUP, errno.EOPNOTSUPP)
    return True


def _rename(temporary: Path, target: Path) -> None:
    try:
        os.replace(temporary, target)  # noqa: PTH105
    except PermissionError:
        # Windows, while somebody else reads the file: what can't be moved over it may still be written into it.
        _write_into(temporary, target)


def _write_into(temporary: Path, target: Path) -> None:
    """The bytes into the file that is there, to the end even when a signal comes: half of them are no file.

    Its disk space is taken first, so that a full disk loses nothing.
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
        # Some file systems have grown the file by what there was.
        sink.truncate(before)
        if failure.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())
