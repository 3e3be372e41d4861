# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures and settings of all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pedalboard.io import AudioFile
from support import decaying_noise, fake_decoder, write_bundle

from ddsp_fx.effects.source import Source, Trained

pytest_plugins = ["peers"]

# Compiled loops make the first example slow, and wall time never decides a test. CI uses the same examples each time,
# so that a failure is caused by the change; other runs use new examples.
settings.register_profile("ddsp-fx", deadline=None, max_examples=25, derandomize="CI" in os.environ)
settings.load_profile("ddsp-fx")


@pytest.fixture(scope="session")
def room_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("room") / "room.wav"
    with AudioFile(str(path), "w", 16000, 1, bit_depth=32) as file:
        file.write(decaying_noise(0.3, 0.4, 16000))
    return path


@pytest.fixture
def fake_source(room_file: Path) -> Source:
    """A decoder that is a formula, in a short room."""
    return Source({"room": room_file}, Trained(level="power"), runner=fake_decoder(), label="fake")


@pytest.fixture
def bundle_folder(tmp_path: Path) -> Path:
    """A complete bundle on disk, for tests that break it."""
    return write_bundle(tmp_path / "hall")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No bundle of the user or the environment may affect a test."""
    home = tmp_path_factory.getbasetemp() / "home"
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.delenv("DDSP_FX_PATH", raising=False)
