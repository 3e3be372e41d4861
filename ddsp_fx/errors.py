# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that ddsp-fx raises on purpose.

DdspFxError
├── ParameterError              a value outside its range, or of the wrong type (also a ValueError)
│   └── UnknownParameterError   a name that no parameter has (also an AttributeError)
├── AudioError                  audio that cannot be read, written or processed
├── ModelError                  a .tflite file that is missing, corrupt or of the wrong shape
├── BundleError                 a manifest or its files that break the schema
│   └── UnknownEffectError      a name that no bundle offers
├── BoardError                  a chain that cannot be parsed, built or restored
├── AutomationError             a curve or take that cannot be read or applied
├── MissingExtraError           a feature whose optional packages are not installed (also an ImportError)
└── TrainingError               recordings or a run that cannot be trained from

A message names the offender, the value seen, what was expected, and the remedy.
"""


class DdspFxError(Exception):
    """Base of every error that a user can cause and mend."""


class ParameterError(DdspFxError, ValueError):
    """A parameter value outside its range or of the wrong type."""


class UnknownParameterError(ParameterError, AttributeError):
    """A parameter name that the effect does not declare."""


class AudioError(DdspFxError):
    """Audio that cannot be read, written or processed."""


class ModelError(DdspFxError):
    """A model file that is missing, corrupt, or not of the expected shape."""


class BundleError(DdspFxError):
    """A bundle whose manifest or files break the contract."""


class UnknownEffectError(BundleError):
    """An effect name that no installed bundle offers."""


class BoardError(DdspFxError):
    """A board that cannot be parsed, built or restored."""


class AutomationError(DdspFxError):
    """An automation curve that cannot be read or applied."""


class MissingExtraError(DdspFxError, ImportError):
    """A feature whose optional dependency is not installed."""


class TrainingError(DdspFxError):
    """Recordings or a training run that cannot be used."""
