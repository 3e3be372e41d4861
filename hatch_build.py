# SPDX-License-Identifier: GPL-3.0-or-later
"""The long description of the package: README, with links that work outside the repository.

A package index shows README without its repository: relative links lead nowhere, and data: URIs are removed. Where
pyproject.toml gives the address of the repository's files, links and pictures point there. Until it does, pictures are
left out and links become plain text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# The mark of a picture, its text, and a target that is no address and no heading of the same page.
RELATIVE_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


def long_description(readme: str, files_url: str = "") -> str:
    """`readme` with each relative link below `files_url`; without one, pictures go and links keep their text only."""
    base = files_url.rstrip("/")

    def replaced(link: re.Match[str]) -> str:
        mark, text, target = link.groups()
        if base:
            return f"{mark}[{text}]({base}/{target})"
        return "" if mark else text

    return RELATIVE_LINK.sub(replaced, readme)


class LongDescription(MetadataHookInterface):
    """Reads `files_url` from [tool.hatch.metadata.hooks.custom]; `{version}` in it is the version that is built."""

    def update(self, metadata: dict[str, Any]) -> None:
        files_url = self.config.get("files_url", "").replace("{version}", metadata["version"])
        text = long_description((Path(self.root) / "README.md").read_text(encoding="utf-8"), files_url)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
