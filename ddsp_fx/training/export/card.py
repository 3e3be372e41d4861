# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle's model card: its origin, its measured figures, and a picture of held-out sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Floats
from ddsp_fx.training.pictures import draw

PICTURE = "heldout.png"
PICTURE_S = 8.0


def write_card(folder: Path, manifest: Mapping[str, Any], heldout: Mapping[str, Floats], sample_rate: int) -> None:
    """Write CARD.md and, if there are held-out sounds, a picture of their loudest seconds as spectrograms."""
    if heldout:
        draw(folder / PICTURE, loudest(heldout, round(PICTURE_S * sample_rate)), sample_rate, dpi=64)
        shrink(folder / PICTURE)
    (folder / "CARD.md").write_text(card(manifest, bool(heldout)), encoding="utf-8")


def shrink(path: Path) -> None:
    """Reduce a PNG to 64 colours: a third of a spectrogram's bytes, which matter in a bundle of 4 MiB."""
    from PIL import Image

    with Image.open(path) as image:
        small = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def loudest(sounds: Mapping[str, Floats], samples: int) -> dict[str, Floats]:
    """The same part of every sound, (samples,) or less, where the first sound has the most energy."""
    power = np.cumsum(np.concatenate([[0.0], next(iter(sounds.values())).astype(np.float64) ** 2]))
    span = min(samples, len(power) - 1)
    start = int(np.argmax(power[span:] - power[: len(power) - span]))
    return {name: sound[start : start + span] for name, sound in sounds.items()}


def card(manifest: Mapping[str, Any], has_picture: bool = False) -> str:
    """The text, made from the manifest only."""
    trained = manifest["trained_on"]
    lines = [f"# {manifest['name']} {manifest['version']}", "", manifest["description"], "", "## Learned from", ""]
    for data in trained["data"]:
        source = f", {data['source']}" if data.get("source") else ""
        lines.append(f"- {data['title']}, {data['author']}, {data['licence']}, {data['seconds']:.0f} s{source}")
    lines += ["", f"Recipe: {trained['recipe']}. Pitch tracker: {trained['tracker']}; level: {trained['level']}.", ""]
    lines += [
        f"Pitch {trained['f0_min_hz']:.0f} to {trained['f0_max_hz']:.0f} Hz, level {trained['level_low_db']:.0f} to "
        f"{trained['level_high_db']:.0f} dB. Trained at {trained['sample_rate']} Hz: silent above half of that.",
        "",
    ]
    if has_picture:
        lines += [f"![A held-out recording, and the bundle's resynthesis of it]({PICTURE})", ""]
    lines += ["## Figures", "", "| figure | value |", "| --- | --- |"]
    lines += [f"| {name} | {_shown(value)} |" for name, value in manifest["figures"].items()]
    return "\n".join([*lines, "", "## Licence", "", manifest["licence"], ""])


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
