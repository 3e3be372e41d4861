# SPDX-License-Identifier: GPL-3.0-or-later
"""The effects that ship, by kind, for editors and type checkers: `load("violin").stems` is known, a misspelt name not.

A test holds these lists to the bundles.
"""

from typing import Literal

Instrument = Literal[
    "cello",
    "clarinet",
    "flute",
    "oboe",
    "saxophone",
    "trumpet",
    "violin",
    "violin-full",
    "violin-unsupervised",
]
LearnedRoom = Literal["trumpet-room", "violin-room", "violin-full-room", "violin-unsupervised-room"]
DryInstrument = Literal["trumpet-dry", "violin-dry", "violin-full-dry", "violin-unsupervised-dry"]
