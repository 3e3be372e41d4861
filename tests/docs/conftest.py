# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the shipped violin, used only in a tree that has none."""

import shutil
from pathlib import Path

import pytest
import tomli_w
from support import DATA, manifest_data, write_bundle

from ddsp_fx import discover
from ddsp_fx.bundles.bundle import file_sha256

KINDS = {"violin": "timbre_transfer", "violin-room": "learned_reverb", "violin-dry": "dereverb"}


@pytest.fixture(autouse=True)
def _violin(_isolated: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three names of the documentation mean something."""
    if "violin" not in discover().symbols():
        monkeypatch.setenv("DDSP_FX_PATH", str(write_stand_in(tmp_path_factory.mktemp("stand-in"))))


def write_stand_in(folder: Path) -> Path:
    """The three effects around the fixture's model and a made-up room."""
    write_bundle(folder)
    shutil.copy(DATA / "ddsp_vst_16k.tflite", folder / "model.tflite")
    data = manifest_data(folder, bundle_id="org.example.violin")
    data["files"]["model"] = {"path": "model.tflite", "sha256": file_sha256(folder / "model.tflite")}
    roles = {"model": "model", "room": "room"}
    data["effects"] = [{"kind": kind, "symbol": s, "name": s, "files": roles} for s, kind in KINDS.items()]
    (folder / "bundle.toml").write_text(tomli_w.dumps(data))
    return folder
