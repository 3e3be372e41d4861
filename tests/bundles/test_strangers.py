# SPDX-License-Identifier: GPL-3.0-or-later
"""Untrusted bundles: any bytes in any file of a bundle give a typed error or a bundle that works."""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from support import DATA, manifest_data, mutated, tone, write_bundle

from ddsp_fx.bundles import Bundle, discover, load
from ddsp_fx.bundles.archive import MAX_BYTES, open_archive
from ddsp_fx.bundles.manifest import Manifest, parse_manifest
from ddsp_fx.bundles.validation import validate_bundle
from ddsp_fx.errors import BundleError, DdspFxError, ParameterError

MODEL = DATA / "ddsp_vst_16k.tflite"


def works_or_says_why(folder: Path) -> bool:
    """Load it in every way that a bundle can be; True if it works. Anything but a DdspFxError fails the test."""
    assert all(problem.reason for problem in discover([folder]).problems)
    try:
        bundle = Bundle.open(folder)
        for entry in bundle.manifest.effects:
            out = bundle.make(entry.symbol)(tone(0.2, 16000), 16000)
            assert np.isfinite(out).all()
    except DdspFxError:
        return False
    return True


def rehash(folder: Path) -> None:
    """Update the manifest's hashes, as an attacker would."""
    text = (folder / "bundle.toml").read_bytes()
    for line in re.findall(rb'path = "([^"]+)"\s*sha256 = "([0-9a-f]{64})"', text):
        found = hashlib.sha256((folder / line[0].decode()).read_bytes()).hexdigest().encode()
        text = text.replace(line[1], found)
    (folder / "bundle.toml").write_bytes(text)


def with_model(folder: Path) -> Path:
    """A bundle with a model, a room and test vectors."""
    write_bundle(folder)
    shutil.copy(MODEL, folder / "model.tflite")
    np.savez(folder / "vectors.npz", f0_scaled=np.ones(2, np.float32), level_scaled=np.ones(2, np.float32))
    data = manifest_data(folder)
    names = {"room": "room.wav", "model": "model.tflite", "vectors": "vectors.npz"}
    data["files"] = {
        k: {"path": p, "sha256": hashlib.sha256((folder / p).read_bytes()).hexdigest()} for k, p in names.items()
    }
    files = {"model": "model", "room": "room"}
    data["effects"].append({"kind": "timbre_transfer", "symbol": "toy", "name": "Toy", "files": files})
    data["test_vectors"] = {"file": "vectors", "model": "model"}
    (folder / "bundle.toml").write_text(tomli_w.dumps(data))
    return folder


@pytest.mark.parametrize("name", ["bundle.toml", "room.wav", "model.tflite", "vectors.npz"])
def test_any_damage_of_any_file_is_a_typed_error_or_a_bundle(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(21)
    whole = (with_model(tmp_path / "toy") / name).read_bytes()
    for _ in range(25):
        (tmp_path / "toy" / name).write_bytes(mutated(whole, rng))
        if name != "bundle.toml":
            rehash(tmp_path / "toy")
        works_or_says_why(tmp_path / "toy")
        if name == "vectors.npz":
            assert not validate_bundle(Bundle.open(tmp_path / "toy")).passed


@given(st.binary(max_size=300))
def test_no_manifest_is_anything_but_a_manifest_or_a_bundle_error(data: bytes) -> None:
    with contextlib.suppress(BundleError):
        assert isinstance(parse_manifest(data.decode("utf-8", "replace"), "x"), Manifest)


@pytest.mark.parametrize(
    "text",
    [
        "a=" + "[" * 100_000,
        "a=" + "9" * 10_000,
        "a" * 2_000_000,
        'id = "' + "x" * 500_000 + '"',
        "\0",
        "a = {b = {c = ",
    ],
)
def test_manifests_that_are_too_much(text: str, tmp_path: Path) -> None:
    (tmp_path / "bundle.toml").write_text(text)
    with pytest.raises(BundleError) as caught:
        Bundle.open(tmp_path)
    assert len(str(caught.value)) < 4000


VALUES = [10**400, 10**5000, float("nan"), "x" * 10_000, [1], None, {}, b"1", True, np.ones(3)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_value_of_a_parameter_is_anything_but_refused(bundle_folder: Path, value: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        load(bundle_folder, mix=value)
    assert len(str(caught.value)) < 300


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def good_members(folder: Path) -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]


def of_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


REFUSED: dict[str, tuple[str | zipfile.ZipInfo, str]] = {
    "FIFO": (of_mode("fifo", stat.S_IFIFO | 0o644), "neither a file nor a folder"),
    "device": (of_mode("null", stat.S_IFCHR | 0o644), "neither a file nor a folder"),
    "twin by capitals": ("ROOM.WAV", "appears twice"),
    "device of Windows": ("sub/con.wav", "reserves it for a device"),
    "superscript device": ("COM\u00b2", "reserves it for a device"),
    "trailing dot": ("room.", "ends in a dot or a space"),
    "control": ("a\nb", "contains"),
    "long": ("a" * 300, "longer than 255 bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_members_that_are_refused(name: str, bundle_folder: Path, tmp_path: Path) -> None:
    member, message = REFUSED[name]
    path = zipped(tmp_path / "x.zip", *good_members(bundle_folder), (member, b"1"))
    with pytest.raises(BundleError, match=message):
        open_archive(path, tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*"))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_are_refused(method: int, bundle_folder: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", *good_members(bundle_folder), method=method)
    with pytest.raises(BundleError, match="expected stored or deflated"):
        open_archive(path, tmp_path / "cache")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_any_damage_of_a_zip_is_a_bundle_error_or_a_bundle(method: int, bundle_folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(method)
    whole = zipped(tmp_path / "x.zip", *good_members(bundle_folder), method=method).read_bytes()
    path = tmp_path / "damaged.zip"
    for _ in range(60):
        path.write_bytes(mutated(whole, rng))
        with contextlib.suppress(BundleError):
            open_archive(path, tmp_path / "cache")
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)


def test_a_zip_that_lies_about_a_size_fills_no_disk(bundle_folder: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", *good_members(bundle_folder), ("big", bytes(8 << 20)))
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\1\2", 0, data.rfind(b"big"))
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(BundleError, match="not a readable zip"):
        open_archive(path, tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*"))


def test_what_is_too_large_is_not_unpacked(bundle_folder: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", *good_members(bundle_folder), ("bomb", bytes(MAX_BYTES + 1)))
    with pytest.raises(BundleError, match="at most 1000 files and 256 MiB"):
        open_archive(path, tmp_path / "cache")


def _fifo(place: Path) -> None:
    os.mkfifo(place / "pipe.zip")


def _manifest_fifo(place: Path) -> None:
    (place / "bad").mkdir()
    os.mkfifo(place / "bad" / "bundle.toml")


def _device(place: Path) -> None:
    (place / "zero.zip").symlink_to("/dev/zero")


def _folder_zip(place: Path) -> None:
    (place / "folder.zip").mkdir()


def _deep(place: Path) -> None:
    (place / "deep").mkdir()
    (place / "deep" / "bundle.toml").write_text("a=" + "[" * 100_000)


def _digits(place: Path) -> None:
    (place / "digits").mkdir()
    (place / "digits" / "bundle.toml").write_text("a=" + "9" * 5_000)


def _bad_deflate(place: Path) -> None:
    path = zipped(place / "zlib.zip", ("bundle.toml", b"x" * 1000))
    data = bytearray(path.read_bytes())
    data[45:50] = b"\xff" * 5
    path.write_bytes(data)


NEIGHBOURS = [_fifo, _manifest_fifo, _device, _folder_zip, _deep, _digits, _bad_deflate]


@pytest.mark.parametrize("make", NEIGHBOURS)
def test_a_broken_neighbour_hides_nobody(make: Callable[[Path], None], tmp_path: Path) -> None:
    place = tmp_path / "place"
    write_bundle(place / "good")
    make(place)
    catalogue = discover([place])
    assert "hall" in catalogue.symbols()
    if make is not _manifest_fifo:  # a folder whose bundle.toml is not a file is not a bundle
        assert [problem.place.parent for problem in catalogue.problems] == [place]


def test_hidden_twins_are_not_taken_for_bundles(tmp_path: Path) -> None:
    write_bundle(tmp_path / "place" / "good")
    (tmp_path / "place" / "._good.zip").write_bytes(b"\0\5\x16\7")
    shutil.copytree(tmp_path / "place" / "good", tmp_path / "place" / ".unpack-1")
    catalogue = discover([tmp_path / "place"])
    assert (len(catalogue.bundles) > 0, catalogue.problems) == (True, [])


def test_a_place_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 300)
    assert [problem.place for problem in discover([long, Path("a\0b")]).problems] == [long, Path("a\0b")]


def test_many_openers_of_one_zip_all_get_it(bundle_folder: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", *good_members(bundle_folder))
    for turn in range(5):
        start, found = threading.Barrier(4), []

        def one(turn: int = turn, start: threading.Barrier = start, found: list[str] = found) -> None:
            start.wait()
            try:
                found.append(open_archive(path, tmp_path / f"cache-{turn}").manifest.id)
            except BundleError as error:
                found.append(str(error))

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == ["org.example.hall"] * 4
        assert [item.name for item in (tmp_path / f"cache-{turn}").iterdir()] == [
            hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        ]


def test_vectors_that_unpack_to_too_much_are_a_failed_check(tmp_path: Path) -> None:
    folder = with_model(tmp_path / "toy")
    zipped(folder / "vectors.npz", ("f0_scaled.npy", bytes(65 << 20)))
    rehash(folder)
    checks = {check.name: check for check in validate_bundle(Bundle.open(folder)).checks}
    assert "unpacks to 65 MiB" in checks["test vectors"].detail
