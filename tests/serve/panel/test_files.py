# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's files: complete, loaded only from this machine, and readable in both colour schemes."""

import re
from pathlib import Path

import pytest

PANEL = Path(__file__).parents[3] / "bridge" / "ddsp_fx_bridge" / "panel"
FILES = sorted(path for path in PANEL.iterdir() if path.is_file())
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert len(text.splitlines()) < 250


def test_every_file_that_is_asked_for_is_there() -> None:
    names = {path.name for path in FILES}
    page = (PANEL / "index.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'(?:href|src)="([^"#]+)"', page))
    for path in FILES:
        asked |= set(re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8")))
    assert asked <= names
    assert names - asked == {"index.html"}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "card"),
        ("ink", "paper"),
        ("soft", "card"),
        ("soft", "paper"),
        ("accent-ink", "accent"),
        ("bad", "paper"),
    ],
)
def test_text_has_contrast(ink: str, paper: str, scheme: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of 4.5 to 1."""
    light, dark = (PANEL / "panel.css").read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(COLOUR.findall(light if scheme == "light" else dark))
    high, low = sorted((_luminance(colours[ink]), _luminance(colours[paper])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
