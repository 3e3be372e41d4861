# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is replaced completely or not at all, and keeps its owner, permissions and links."""

import errno
import os
import re
import shutil
import stat
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.errors import AudioError, EngineError
from ddsp_fx.files.interrupts import interrupt
from ddsp_fx.files.replace import PREFIX, check_replaceable, replacing, write_file

POSIX = pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")


def _left(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.startswith(PREFIX)]


@given(old=st.none() | st.binary(max_size=200), new=st.binary(max_size=200), fails=st.booleans())
def test_the_new_content_or_the_old(
    old: bytes | None, new: bytes, fails: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("law") / "x.bin"
    if old is not None:
        path.write_bytes(old)
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(new)
            _ = 1 // (not fails)
    except ZeroDivisionError:
        assert fails
    expected = old if fails else new
    assert (path.read_bytes() if path.exists() else None) == expected
    assert not _left(path.parent)


@POSIX
@given(mode=st.integers(0o200, 0o777).filter(lambda mode: mode & 0o600 == 0o600))
def test_permissions_stay(mode: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("mode") / "x.bin"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_file(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"new"


@POSIX
def test_a_new_file_gets_what_any_new_file_gets(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    write_file(tmp_path / "ours", "x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@POSIX
def test_a_symbolic_link_stays_and_what_it_points_at_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link, second = tmp_path / "elsewhere" / "x.bin", tmp_path / "link.bin", tmp_path / "second.bin"
    target.write_bytes(b"old")
    link.symlink_to(target)
    second.symlink_to("link.bin")
    write_file(second, b"new")
    assert link.is_symlink()
    assert second.is_symlink()
    assert target.read_bytes() == b"new"


@POSIX
def test_a_link_to_nothing_yet_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@POSIX
@pytest.mark.parametrize("length", [2, 200_000])
def test_all_names_of_a_file_get_the_new_content(length: int, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"old" * 1000)
    os.link(first, second)
    write_file(first, b"n" * length)
    assert second.read_bytes() == b"n" * length
    assert first.stat().st_ino == second.stat().st_ino
    assert not _left(tmp_path)


@POSIX
def test_a_read_only_mark_is_kept_to(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(EngineError, match=r"x\.bin: is read-only; change its permissions"):
        write_file(path, b"new", EngineError)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="extended attributes of Linux")
def test_extended_attributes_stay(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.colour", b"green")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    write_file(path, b"new")
    assert os.getxattr(path, "user.colour") == b"green"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser gives files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    write_file(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_where_the_owner_cannot_be_given_the_file_is_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like a file of another user that we may write: a new file would belong to us."""
    from ddsp_fx.files import replace

    path = tmp_path / "x.bin"
    path.write_bytes(b"longer than the new one")
    inode = path.stat().st_ino
    monkeypatch.setattr(replace, "_dress", lambda *_: False)
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_ino == inode


@given(
    name=st.from_regex(r"\.ddsp-fx-[0-9a-f]{16}(-chunks)?(\.wav)?", fullmatch=True)
    | st.sampled_from([".ddsp-fx-made.json", ".ddsp-fx-new-plugin", ".ddsp-fx-", "x.wav", ".ddsp-fx-0123.wav"]),
    hours=st.integers(0, 48),
)
def test_what_a_killed_process_left_is_swept_and_nothing_else(
    name: str, hours: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Exactly the files with a complete temporary name that are older than any write are removed."""
    folder = tmp_path_factory.mktemp("left")
    (folder / name).write_bytes(b"left")
    then = time.time() - 3600 * hours - 60
    os.utime(folder / name, (then, then))
    write_file(folder / "o.wav", b"new")
    is_ours = re.match(r"\.ddsp-fx-[0-9a-f]{16}", name) is not None
    assert (folder / name).exists() != (is_ours and hours >= 6)
    assert (folder / "o.wav").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser gives files away")
def test_what_another_user_s_process_left_stays(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}0123456789abcdef.wav"
    left.write_bytes(b"left")
    os.chown(left, 1234, 1234)
    os.utime(left, (1, 1))
    write_file(tmp_path / "o.wav", b"new")
    assert left.exists()


def _access_list(*entries: tuple[int, int, int]) -> bytes:
    """Linux's format: version 2, then tag, permissions and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="access lists of Linux")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_who_was_kept_out_stays_out(mode: int, tmp_path: Path) -> None:
    """The folder's default list gives user 1234 access to new files; this file is older than the list."""
    path, nobody = tmp_path / "x.bin", 0xFFFFFFFF
    path.write_bytes(b"old")
    path.chmod(mode)
    default = _access_list((1, 7, nobody), (2, 7, 1234), (4, 5, nobody), (16, 7, nobody), (32, 5, nobody))
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", default)
    except OSError:
        pytest.skip("this file system has no access lists")
    write_file(path, b"new")
    assert "system.posix_acl_access" not in os.listxattr(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
def test_a_signal_while_a_linked_file_is_written_into_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the new bytes over half of the old ones would be neither file."""
    first = tmp_path / "a"
    first.write_bytes(b"old" * 1000)
    os.link(first, tmp_path / "b")
    copy = shutil.copyfileobj

    def interrupted(*arguments: object) -> None:
        interrupt(KeyboardInterrupt())
        copy(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(shutil, "copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(first, b"new" * 2000)
    assert (tmp_path / "b").read_bytes() == b"new" * 2000
    assert not _left(tmp_path)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="disk space is not taken ahead here")
def test_a_full_disk_leaves_a_linked_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems grow the file as far as possible before they report that there was not enough space."""
    first = tmp_path / "a"
    first.write_bytes(b"old")
    os.link(first, tmp_path / "b")

    def full(descriptor: int, _offset: int, size: int) -> None:
        os.ftruncate(descriptor, size // 2)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(AudioError, match="a: cannot be written: No space left"):
        write_file(first, b"n" * 1000)
    assert first.read_bytes() == b"old"


def test_an_open_file_on_windows_is_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to replace a file that somebody is reading."""
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", _refuses)
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert not _left(tmp_path)


def _refuses(*_: object) -> None:
    raise PermissionError(13, "The process cannot access the file")


def test_what_cannot_be_replaced_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    cases = {"folder": "is a folder; name a file", "absent/x": "does not exist; make it first"}
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "loop").symlink_to("loop")
        cases |= {"pipe": "is not a regular file", "loop": "link"}
    for name, message in cases.items():
        with pytest.raises(AudioError, match=message):
            check_replaceable(tmp_path / name)
    for name in cases:
        with pytest.raises(AudioError), replacing(tmp_path / name):
            pass
