# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped effects by kind, for editors and type checkers: they then know `load("violin").stems`, and report a
misspelt name.

A test checks these lists against the bundles.
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
