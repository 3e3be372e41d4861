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
    from ddsp_fx.board import Board, Chain, Mix, load_plugin
    from ddsp_fx.bundles import discover, load
    from ddsp_fx.effects import Effect, Parameter
    from ddsp_fx.effects.dereverb import Dereverb
    from ddsp_fx.effects.learned_reverb import LearnedReverb
    from ddsp_fx.effects.timbre_transfer import TimbreTransfer
    from ddsp_fx.errors import (
        AudioError,
        AutomationError,
        BoardError,
        BundleError,
        DamagedAudioError,
        DdspFxError,
        EngineError,
        MissingExtraError,
        ModelError,
        ParameterError,
        TrainingError,
        UnknownEffectError,
        UnknownParameterError,
    )

__version__ = "0.2.0"

# Names are imported on first use, so that `import ddsp_fx` stays cheap. Names not listed here are errors, which come
# from `ddsp_fx.errors`.
_HOMES = {
    "Automation": "ddsp_fx.automation",
    "Board": "ddsp_fx.board",
    "Breakpoints": "ddsp_fx.automation",
    "Chain": "ddsp_fx.board",
    "Constant": "ddsp_fx.automation",
    "Effect": "ddsp_fx.effects",
    "Mix": "ddsp_fx.board",
    "Parameter": "ddsp_fx.effects",
    "Sampled": "ddsp_fx.automation",
    "discover": "ddsp_fx.bundles",
    "load": "ddsp_fx.bundles",
    "load_plugin": "ddsp_fx.board",
    "read_automation": "ddsp_fx.automation",
    "TimbreTransfer": "ddsp_fx.effects.timbre_transfer",
    "LearnedReverb": "ddsp_fx.effects.learned_reverb",
    "Dereverb": "ddsp_fx.effects.dereverb",
}
__all__ = [  # noqa: RUF022 - the order in which a newcomer meets them
    "load",
    "Board",
    "Mix",
    "Chain",
    "load_plugin",
    "Automation",
    "Breakpoints",
    "Constant",
    "Sampled",
    "read_automation",
    "discover",
    "Effect",
    "Parameter",
    "TimbreTransfer",
    "LearnedReverb",
    "Dereverb",
    "DdspFxError",
    "ParameterError",
    "UnknownParameterError",
    "AudioError",
    "DamagedAudioError",
    "ModelError",
    "BundleError",
    "UnknownEffectError",
    "BoardError",
    "AutomationError",
    "EngineError",
    "MissingExtraError",
    "TrainingError",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'ddsp_fx' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "ddsp_fx.errors")), name)


def __dir__() -> list[str]:
    """The public names, including those that have not been imported yet."""
    return sorted([*__all__, "__doc__", "__version__"])
