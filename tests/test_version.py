# SPDX-License-Identifier: GPL-3.0-or-later
"""All places that state the version agree."""

import re
import tomllib
from pathlib import Path

from ddsp_fx import __version__

ROOT = Path(__file__).parents[1]


def test_the_package_the_project_and_the_changelog_agree() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == __version__
