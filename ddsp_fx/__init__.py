# SPDX-License-Identifier: GPL-3.0-or-later
"""Neural instruments, learned rooms and dereverb as audio effects.

>>> import ddsp_fx
>>> board = ddsp_fx.Board([ddsp_fx.load("violin", pitch_shift=24), ddsp_fx.load("violin-room", mix=0.3)])
>>> out = board(audio, sample_rate)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ddsp_fx.automation import Automation, Breakpoints, Constant, Sampled, read_automation
    from ddsp_fx.board import Board, load_plugin
    from ddsp_fx.bundles import discover, load
    from ddsp_fx.effects import Effect, Parameter

__version__ = "0.1.0"

# Names are imported on first use: `import ddsp_fx` must stay cheap in scripts and at the command line.
_HOMES = {
    "Automation": "ddsp_fx.automation",
    "Board": "ddsp_fx.board",
    "Breakpoints": "ddsp_fx.automation",
    "Constant": "ddsp_fx.automation",
    "Effect": "ddsp_fx.effects",
    "Parameter": "ddsp_fx.effects",
    "Sampled": "ddsp_fx.automation",
    "discover": "ddsp_fx.bundles",
    "load": "ddsp_fx.bundles",
    "load_plugin": "ddsp_fx.board",
    "read_automation": "ddsp_fx.automation",
}
__all__ = [  # noqa: RUF022 - the order in which a newcomer meets them
    "load",
    "Board",
    "load_plugin",
    "Automation",
    "Breakpoints",
    "Constant",
    "Sampled",
    "read_automation",
    "discover",
    "Effect",
    "Parameter",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ddsp_fx' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
