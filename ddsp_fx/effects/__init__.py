# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of effects, their parameters, and the built-in kinds.

Each kind, built-in ones included, is a class found through entry point group `ddsp_fx.effects`.
"""

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.base import Effect, NonFiniteAudioWarning
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.smoothed import SmoothedEffect
from ddsp_fx.effects.source import Source, Trained

__all__ = ["Audio", "Effect", "NonFiniteAudioWarning", "Parameter", "SmoothedEffect", "Source", "Trained"]
