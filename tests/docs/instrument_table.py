# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of docs/instruments.md from the shipped bundles: `python tests/docs/instrument_table.py`."""

import math
import re
from pathlib import Path

from ddsp_fx.bundles import Bundle

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "instruments.md"
PLACE = re.compile(r"(<!-- instruments -->\n).*?(<!-- end -->)", re.DOTALL)
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FIGURES = ("heldout_f0_l1_semitones", "heldout_f0_outliers", "heldout_loudness_l1", "heldout_spectral_loss")


def note(f0_hz: float) -> str:
    """The name of the nearest note."""
    midi = round(69 + 12 * math.log2(f0_hz / 440.0))
    return f"{NOTES[midi % 12]}{midi // 12 - 1}"


def row(folder: Path) -> str:
    """The row of one bundle."""
    manifest = Bundle.open(folder).manifest
    trained = manifest.trained_on
    assert trained is not None
    data = trained.data[0]
    effects = ", ".join(f"`{effect.symbol}`" for effect in manifest.effects)
    reach = f"{note(trained.f0_min_hz)} to {note(trained.f0_max_hz)}, to {trained.sample_rate / 2000:g} kHz"
    f0_l1, outliers, loudness, spectral = (float(manifest.figures[name]) for name in FIGURES)
    size = sum(path.stat().st_size for path in folder.iterdir()) / (1 << 20)
    figures = f"{f0_l1:.3f} | {outliers:.1%} | {loudness:.3f} | {spectral:.2f} | {size:.1f} MiB"
    return f"| {effects} | {data.author}, {data.seconds:.0f} s | {reach} | {figures} |"


def table() -> str:
    """The table in Markdown, one row per bundle."""
    head = "| effects | learned from | plays | f0 L1 | outliers | loudness L1 | spectral loss | size |"
    folders = sorted(path.parent for path in (ROOT / "plugins" / "ddsp_fx_plugins").glob("*/bundle.toml"))
    return "\n".join([head, "| --- " * 8 + "|", *(row(folder) for folder in folders)])


def updated(text: str) -> str:
    """The page with a current table."""
    return PLACE.sub(lambda place: f"{place[1]}{table()}\n{place[2]}", text)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
