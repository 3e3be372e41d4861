# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation's snippets run, its links exist, its tables are current, and its figures name a command.

`<!-- not run: reason -->` on the line before a fence excludes a snippet. If the reason begins with `slow`, a slow test
runs it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import instrument_table
import parameter_tables
import pytest
from pedalboard.io import AudioFile

from ddsp_fx.bundles.manifest import parse_manifest
from ddsp_fx.cli import main
from ddsp_fx_bridge.vst.sources import missing_packages

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "plugins" / "ddsp_fx_plugins" / "violin" / "bundle.toml"  # the pictures show it
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"(?:<!-- not run: ([^\n]+) -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# A speed or an accuracy that must have been measured.
FIGURE = re.compile(r"\d[\d.]* ?(?:x|times) real time|times as fast|% of the frames|-\d+ dB against")
COMMAND = re.compile(r"benchmarks/(\w+\.py)|No command prints this")


@dataclass(frozen=True)
class Snippet:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    excuse: str | None


def snippets(page: Path) -> Iterator[Snippet]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start(3))
        yield Snippet(page, line, match[2], match[3], match[1])


def page_id(page: Path) -> str:
    """The page's name in a test id."""
    return page.relative_to(ROOT).as_posix()


RUNNABLE = [page for page in PAGES if any(s.language in ("python", "bash") and not s.excuse for s in snippets(page))]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder with the examples' first two seconds, and `ddsp-fx` on the path."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for path in (tmp_path / "examples").glob("*.wav"):
        with AudioFile(str(path)) as file:
            audio, rate = file.read(int(2 * file.samplerate)), file.samplerate
        with AudioFile(str(path), "w", rate, audio.shape[0]) as output:
            output.write(audio)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "examples" / "tremolo")
    monkeypatch.setenv("PATH", os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]))
    return tmp_path


def run_bash(text: str) -> None:
    """Run all lines in one shell; a failure shows its output."""
    done = subprocess.run(["bash", "-euc", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


def run_line(line: str) -> None:
    """Run a plain ddsp-fx command in this process, which saves the imports; anything else in a shell."""
    words = shlex.split(line, comments=True)
    if words[:1] == ["ddsp-fx"] and ">" not in words:
        assert main(words[1:]) == 0, line
    else:
        run_bash(line)


@pytest.mark.parametrize("page", RUNNABLE, ids=page_id)
def test_snippets_run(page: Path, workplace: Path) -> None:
    names: dict[str, object] = {}
    for snippet in snippets(page):
        if snippet.excuse:
            continue
        if snippet.language == "bash":
            for line in snippet.text.splitlines():
                run_line(line)
        if snippet.language == "python":
            # With leading blank lines, a traceback has the page's line numbers.
            exec(compile("\n" * snippet.line + snippet.text, str(page), "exec"), names)
    sys.modules.pop("ddsp_fx_tremolo", None)


@pytest.mark.slow
def test_slow_snippets_run(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = missing_packages()
    if missing:
        pytest.skip(f"apt install {' '.join(missing)}")
    monkeypatch.setenv("HOME", str(workplace))
    monkeypatch.setenv("XDG_DATA_HOME", str(workplace / "data"))
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("DDSP_FX_LINK", f"{folder}/link")
        slow = [s for page in PAGES for s in snippets(page) if s.excuse and s.excuse.startswith("slow")]
        assert {snippet.language for snippet in slow} == {"bash", "python"}
        for snippet in slow:
            if snippet.language == "bash":
                run_bash(snippet.text)
            else:
                exec(compile("\n" * snippet.line + snippet.text, str(snippet.page), "exec"), {})


def test_the_first_two_commands(workplace: Path) -> None:
    first, second = (s.text.strip() for s in list(snippets(ROOT / "README.md"))[:2])
    install, _, job = first.partition(" && ")
    assert install == "pip install ."
    run_bash(job)
    assert (workplace / "out.wav").stat().st_size > (workplace / "examples" / "vocal.wav").stat().st_size
    # .ci/run runs the same command.
    install, _, tests = second.partition(" && ")
    ci = (ROOT / ".ci" / "run").read_text()
    assert install.removeprefix("pip install ") in ci
    assert f"\n{tests}\n" in ci


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_and_pictures_exist(page: Path) -> None:
    outside_fences = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(outside_fences):
        path, _, anchor = target.partition("#")
        if "://" in target or (path.startswith("docs/pictures/") and not SHIPPED.is_file()):
            continue
        place = (page.parent / path).resolve() if path else page
        assert place.is_relative_to(ROOT), f"{target} leaves the repository"
        assert place.exists(), f"{page_id(page)} links to {target}, which is not there"
        assert not anchor or anchor in _anchors(place), f"{target}: no such heading"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_instrument_table_is_current() -> None:
    text = instrument_table.PAGE.read_text(encoding="utf-8")
    assert instrument_table.updated(text) == text, "run: python tests/docs/instrument_table.py"
    assert len(instrument_table.PLACE.findall(text)) == 1


def test_parameter_tables_are_current() -> None:
    text = parameter_tables.PAGE.read_text(encoding="utf-8")
    assert parameter_tables.updated(text) == text, "run: python tests/docs/parameter_tables.py"
    assert len(parameter_tables.PLACE.findall(text)) == 3


def test_shown_manifests_are_valid() -> None:
    shown = [s for page in PAGES for s in snippets(page) if s.language == "toml" and "schema_version" in s.text]
    assert shown
    for snippet in shown:
        parse_manifest(snippet.text, f"{page_id(snippet.page)}, line {snippet.line}")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_figures_name_the_command_that_prints_them(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    paragraphs = text.split("\n\n")
    for here, after in zip(paragraphs, [*paragraphs[1:], ""], strict=True):
        # The line after a table may name its command.
        scope = here + after if here.lstrip().startswith("|") else here
        commands = list(COMMAND.finditer(scope))
        assert commands or not FIGURE.search(here), f"{page_id(page)}: no command for a figure in: {here}"
        for command in commands:
            assert not command[1] or (ROOT / "benchmarks" / command[1]).is_file(), command[0]
