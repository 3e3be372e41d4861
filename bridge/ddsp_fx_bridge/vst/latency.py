# SPDX-License-Identifier: GPL-3.0-or-later
"""What the link between a plugin and its engine adds to the host's block, in ms: the user's choice, or the default.

Plugins read the same variable and file by themselves, because they must know it before an engine runs (docs/link.md).
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ddsp_fx.errors import EngineError
from ddsp_fx.files.replace import write_file
from ddsp_fx_bridge.vst.install import latency_file
from ddsp_fx_bridge.vst.sources import source_folder

RANGE_MS = (0.0, 100.0)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
VARIABLE = "DDSP_FX_LINK_LATENCY_MS"


@dataclass(frozen=True)
class LinkLatency:
    """A setting.

    Attributes:
        ms: added to the host's largest block.
        source: the variable or file that sets it, or "the default".
        problem: why another setting is not followed, or "".
    """

    ms: float
    source: str = "the default"
    problem: str = ""


def default_ms() -> float:
    """That of the plugin's sources; raises EngineError if they are not there."""
    return float((source_folder() / "link-latency-ms").read_text(encoding="ascii"))


def current() -> LinkLatency:
    """The setting that a plugin finds if a host starts its audio now, in an environment like this process's."""
    source, text = VARIABLE, os.environ.get(VARIABLE, "")
    if not text:
        source, text = str(latency_file()), _first_line(latency_file())
    if not text:
        return LinkLatency(default_ms())
    try:
        return LinkLatency(_checked(text), source)
    except EngineError as error:
        return LinkLatency(default_ms(), problem=f"{source}: {error}; the default is used")


def choose(text: str) -> LinkLatency:
    """Set it for all plugins of this user: a number of ms, or "default". Raises EngineError, and changes nothing."""
    if text == "default":
        try:
            latency_file().unlink(missing_ok=True)
        except OSError as error:
            raise EngineError(f"{latency_file()} cannot be removed: {error.strerror}") from None
        return current()
    ms = _checked(text)
    try:
        latency_file().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{latency_file()} cannot be written: {error.strerror}") from None
    write_file(latency_file(), f"{ms:g}\n", EngineError)
    return current()


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line), "")


def _checked(text: str) -> float:
    low, high = RANGE_MS
    # Python takes more for a number than the plugin does, such as 1_0.
    ms = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not low <= ms <= high:
        raise EngineError(
            f"the link's latency is {text!r}; expected a number of ms from {low:g} to {high:g}, or default"
        )
    return ms
