# SPDX-License-Identifier: GPL-3.0-or-later
"""The long description for package indexes has no link that needs the repository."""

import importlib.util
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
FILES = "https://files.example/raw/v1"


def _module():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hatch_build = _module()
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _targets(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("files_url", ["", FILES, f"{FILES}/"])
def test_readme_keeps_no_relative_link(files_url: str) -> None:
    for target in _targets(hatch_build.long_description(README, files_url)):
        assert target.startswith(("https://", "#")), target


def test_with_an_address_every_picture_is_kept_and_exists() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    described = hatch_build.long_description(README, FILES)
    assert pictures
    for picture in pictures:
        assert f"({FILES}/{picture})" in described
        assert (ROOT / picture).is_file()


def test_without_an_address_pictures_go_and_words_stay() -> None:
    described = hatch_build.long_description(
        "![A panel](p.png)\n\n[Effects](docs/effects.md) and [a site](https://a.b)"
    )
    assert described == "\n\nEffects and [a site](https://a.b)"


@given(st.text(alphabet="ab #`*\n", max_size=60))
def test_text_without_links_is_unchanged(text: str) -> None:
    assert hatch_build.long_description(text) == text
    assert hatch_build.long_description(text, FILES) == text
