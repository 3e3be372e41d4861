# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid bundle, broken in one way per test, with the message that the user must get."""

import stat
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli_w
from support import tone, write_bundle

import ddsp_fx
from ddsp_fx.bundles import Bundle, discover, json_schema, load
from ddsp_fx.bundles.archive import open_archive
from ddsp_fx.bundles.validation import validate_bundle
from ddsp_fx.errors import BundleError, ModelError, ParameterError, UnknownEffectError


def edit(folder: Path, change: Any) -> None:
    path = folder / "bundle.toml"
    data = tomllib.loads(path.read_text())
    change(data)
    path.write_text(tomli_w.dumps(data))


def test_a_good_bundle_opens_loads_and_validates(bundle_folder: Path) -> None:
    effect = load(bundle_folder)
    assert effect.mix == 0.25
    assert effect.origin.endswith("hall#hall")
    assert load(bundle_folder, preset="far").pre_delay == 30.0
    assert load(bundle_folder, preset="far", mix=0.1).mix == 0.1
    report = validate_bundle(Bundle.open(bundle_folder))
    assert report.passed, report
    assert "x real time" in report.checks[-1].detail


def _set(*path: Any, value: Any) -> Any:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


BREACHES = {
    "schema_version": (_set("schema_version", value=2), r"schema_version: .*1"),
    "no id": (lambda d: d.pop("id"), r"id is missing"),
    "id not reverse DNS": (_set("id", value="Hall!"), r"id: .*\(got 'Hall!'\)"),
    "unknown key": (_set("colour", value="red"), r"colour is not a key of the schema"),
    "bad version": (_set("version", value="one"), r"version: "),
    "no effects": (_set("effects", value=[]), r"effects: "),
    "absolute path": (_set("files", "room", "path", value="/etc/passwd"), r"leaves the bundle's folder"),
    "path upwards": (_set("files", "room", "path", value="../room.wav"), r"leaves the bundle's folder"),
    "short hash": (_set("files", "room", "sha256", value="abc"), r"files.room.sha256: "),
    "file not listed": (_set("effects", 0, "files", value={"room": "hall"}), r"refers to file 'hall', which \[files\]"),
    "twice a symbol": (lambda d: d["effects"].append(d["effects"][0]), r"two effects share the symbol 'hall'"),
    "upper-case symbol": (_set("effects", 0, "symbol", value="Hall"), r"effects.0.symbol: "),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_broken_manifest_says_how(name: str, bundle_folder: Path) -> None:
    change, message = BREACHES[name]
    edit(bundle_folder, change)
    with pytest.raises(BundleError, match=message):
        Bundle.open(bundle_folder)


def test_all_breaches_are_listed_at_once(bundle_folder: Path) -> None:
    edit(bundle_folder, lambda d: (d.pop("licence"), d.pop("authors")))
    with pytest.raises(BundleError, match=r"licence is missing; authors is missing"):
        Bundle.open(bundle_folder)


def test_not_toml_and_not_utf8(bundle_folder: Path) -> None:
    path = bundle_folder / "bundle.toml"
    path.write_text("id = ")
    with pytest.raises(BundleError, match="not valid TOML"):
        Bundle.open(bundle_folder)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match="not UTF-8"):
        Bundle.open(bundle_folder)


def test_files_are_held_to_their_hash(bundle_folder: Path) -> None:
    with (bundle_folder / "room.wav").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"sha256 is .*the manifest says"):
        load(bundle_folder)
    (bundle_folder / "room.wav").unlink()
    with pytest.raises(BundleError, match=r"room.wav: missing"):
        load(bundle_folder)


def test_a_link_out_of_the_folder_is_refused(bundle_folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.wav"
    (bundle_folder / "room.wav").rename(outside)
    (bundle_folder / "room.wav").symlink_to(outside)
    with pytest.raises(BundleError, match="a link that leaves the bundle's folder"):
        load(bundle_folder)


def test_unknown_kind_and_role_and_parameter(bundle_folder: Path) -> None:
    edit(bundle_folder, _set("effects", 0, "kind", value="learned_revreb"))
    with pytest.raises(
        BundleError, match="no kind of effect is called 'learned_revreb'; did you mean 'learned_reverb'"
    ):
        load(bundle_folder)
    edit(bundle_folder, _set("effects", 0, "kind", value="timbre_transfer"))
    with pytest.raises(ParameterError, match="no parameter 'mixx'"):
        load(bundle_folder, mixx=1)
    with pytest.raises(BundleError, match="needs a 'model' file; it has room"):
        load(bundle_folder)(tone(0.1, 48000), 48000)


def test_unknown_preset(bundle_folder: Path) -> None:
    with pytest.raises(BundleError, match="has no preset 'fur'; did you mean 'far'"):
        load(bundle_folder, preset="fur")


def test_search_path_order_and_broken_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "place"
    write_bundle(place / "good")
    (place / "bad").mkdir()
    (place / "bad" / "bundle.toml").write_text("nonsense")
    monkeypatch.setenv("DDSP_FX_PATH", f"{place}:{tmp_path / 'absent'}")
    catalogue = discover()
    assert "hall" in catalogue.symbols()
    reasons = {problem.place.name: problem.reason for problem in catalogue.problems}
    assert "not valid TOML" in reasons["bad"]
    assert "no such folder" in reasons["absent"]
    assert load("hall").mix == 0.25
    with pytest.raises(UnknownEffectError, match=r"no effect is called 'hal'; did you mean 'hall'.*2 broken"):
        load("hal")


def test_one_id_twice_names_both(tmp_path: Path) -> None:
    write_bundle(tmp_path / "place" / "one")
    write_bundle(tmp_path / "place" / "two")
    catalogue = discover([tmp_path / "place"])
    assert [p.place.name for p in catalogue.problems] == ["two"]
    with pytest.raises(BundleError, match=r"claimed by .*one and .*two"):
        catalogue.find("hall")


def test_one_symbol_in_two_bundles_asks_for_the_full_name(tmp_path: Path) -> None:
    write_bundle(tmp_path / "place" / "one")
    write_bundle(tmp_path / "place" / "two", id="org.example.other")
    with pytest.raises(BundleError, match=r"use org\.example\.hall/hall or org\.example\.other/hall"):
        load("hall", paths=[tmp_path / "place"])
    assert load("org.example.other/hall", paths=[tmp_path / "place"]).name == "hall"


def _zip(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, prefix + file.name)
    return path


@pytest.mark.parametrize("prefix", ["", "hall/"])
def test_a_zip_loads(prefix: str, bundle_folder: Path, tmp_path: Path) -> None:
    path = _zip(bundle_folder, tmp_path / "hall.zip", prefix)
    assert load(path).name == "hall"
    assert load(path).name == "hall"


@pytest.mark.parametrize("name", ["../evil.wav", "/evil.wav", "a/../../evil.wav", "c:evil", "a\\..\\evil"])
def test_a_zip_that_leaves_its_folder_is_refused(name: str, bundle_folder: Path, tmp_path: Path) -> None:
    path = _zip(bundle_folder, tmp_path / "hall.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(BundleError, match="leaves the bundle's folder; refused"):
        open_archive(path)
    assert not list(tmp_path.rglob("evil*"))


def test_a_zip_with_a_link_is_refused(bundle_folder: Path, tmp_path: Path) -> None:
    path = _zip(bundle_folder, tmp_path / "hall.zip")
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("link.wav")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BundleError, match="is a link; refused"):
        open_archive(path)


def test_a_damaged_or_foreign_zip(bundle_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "hall.zip"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BundleError, match="not a readable zip"):
        open_archive(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BundleError, match=r"has no bundle\.toml"):
        open_archive(path)
    (bundle_folder / "room.wav").write_bytes(b"changed")
    with pytest.raises(BundleError, match="sha256"):
        open_archive(_zip(bundle_folder, path))


def test_python_in_a_bundle_is_never_imported(bundle_folder: Path, tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')"
    for name in ("__init__.py", "learned_reverb.py", "sitecustomize.py"):
        (bundle_folder / name).write_text(trap)
    load(bundle_folder)(tone(0.1, 48000), 48000)
    assert not (tmp_path / "ran").exists()


def test_the_schema_accepts_what_the_code_accepts(bundle_folder: Path) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    data = tomllib.loads((bundle_folder / "bundle.toml").read_text())
    jsonschema.validate(data, schema)
    data["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


@pytest.mark.parametrize("name", ["ddsp_vst_16k", "ddsp_vst_48k"])
def test_ddsp_vst_files_load_and_play(name: str) -> None:
    path = Path(__file__).parents[1] / "data" / f"{name}.tflite"
    effect = ddsp_fx.load(path, pitch_shift=12)
    out = effect(tone(0.5, 48000), 48000)
    assert out.shape == (1, 24000)
    assert abs(out).max() > 0.01


def test_a_missing_model_is_not_replaced_by_another(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model file"):
        load(tmp_path / "Flute.tflite")
