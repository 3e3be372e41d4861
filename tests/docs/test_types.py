# SPDX-License-Identifier: GPL-3.0-or-later
"""Editors and type checkers: README's snippets pass, a misspelt parameter does not."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from test_snippets import PAGES, snippets

import ddsp_fx
from ddsp_fx.bundles import discover, shipped
from ddsp_fx.effects.dereverb import Dereverb
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.timbre_transfer import TimbreTransfer

CHECKERS = {"mypy": ["mypy", "--strict", "--cache-dir=.mypy"], "pyright": ["pyright"]}
WRONG = """
fx = load("violin")
fx.pitch_shfit = 3
fx.room = 0.5
fx.stem(audio, sample_rate)
load("violin-room").stems
"""


def checked(checker: str, folder: Path, text: str) -> tuple[int, str]:
    """Exit code and output of a checker for a script in a separate folder."""
    (folder / "script.py").write_text(text)
    words = [sys.executable, "-m", *CHECKERS[checker], "script.py"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def readme() -> str:
    """All Python snippets of README, one after another."""
    page = next(page for page in PAGES if page.name == "README.md")
    return "\n".join(snippet.text for snippet in snippets(page) if snippet.language == "python")


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_the_readme_passes_and_mistakes_do_not(checker: str, tmp_path: Path) -> None:
    code, words = checked(checker, tmp_path, readme())
    assert code == 0, words
    code, words = checked(checker, tmp_path, readme() + WRONG)
    assert code == 1
    first = len(readme().splitlines()) + 3
    assert [f"script.py:{first + place}" in words for place in range(4)] == [True] * 4, words


def test_the_names_that_checkers_know_are_those_that_ship() -> None:
    known = {
        "timbre_transfer": (shipped.Instrument, TimbreTransfer),
        "learned_reverb": (shipped.LearnedRoom, LearnedReverb),
        "dereverb": (shipped.DryInstrument, Dereverb),
    }
    ours = [b for b in discover().bundles if b.manifest.id.startswith("org.ddsp-fx.")]
    for kind, (names, cls) in known.items():
        assert set(get_args(names)) == {e.symbol for b in ours for e in b.manifest.effects if e.kind == kind}
        assert isinstance(ddsp_fx.load(get_args(names)[0]), cls)


def test_what_is_public_is_listed_and_is_there() -> None:
    assert {"load", "Board", "TimbreTransfer", "ParameterError"} <= set(dir(ddsp_fx))
    for name in ddsp_fx.__all__:
        assert getattr(ddsp_fx, name).__doc__
