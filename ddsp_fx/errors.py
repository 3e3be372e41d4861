# SPDX-License-Identifier: GPL-3.0-or-later
"""All errors that ddsp-fx raises on purpose.

DdspFxError
├── ParameterError              a value outside its range, or of the wrong type (also a ValueError)
│   └── UnknownParameterError   a name that no parameter has (also an AttributeError)
├── AudioError                  audio that cannot be read, written or processed
│   └── DamagedAudioError       a file that is truncated, or does not match its own header
├── ModelError                  a .tflite file that is missing, corrupt or of the wrong shape
├── BundleError                 a manifest or its files that break the schema
│   └── UnknownEffectError      a name that no bundle offers
├── BoardError                  a chain that cannot be parsed, built or restored
├── AutomationError             a curve or take that cannot be read or applied
├── EngineError                 a running engine that cannot start, or refuses what it is asked
│   └── RefusedError            a message from outside, with a code like HTTP's
├── MissingExtraError           a feature whose optional packages are not installed (also an ImportError)
└── TrainingError               recordings or a run that training cannot use

A message says what is wrong, which value was found, what was expected, and how to fix it.
"""

from collections.abc import Iterable


class DdspFxError(Exception):
    """Base class of all errors that a user can cause and fix."""


class ParameterError(DdspFxError, ValueError):
    """A parameter value outside its range or of the wrong type."""


class UnknownParameterError(ParameterError, AttributeError):
    """A parameter name that the effect does not declare."""


class AudioError(DdspFxError):
    """Audio that cannot be read, written or processed."""


class DamagedAudioError(AudioError):
    """A file that is truncated, or does not match its own header.

    Args:
        loss: a `ddsp_fx.files.Loss`: how much of the file is readable, and why the rest is not. Its `text` is the
            message.
    """

    def __init__(self, loss: object) -> None:
        super().__init__(str(getattr(loss, "text", loss)))
        self.loss = loss


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


class EngineError(DdspFxError):
    """An engine that cannot start, or a request that it cannot fulfil."""


class RefusedError(EngineError):
    """A message from outside that was refused, and changed nothing.

    Args:
        code: 400 malformed, 403 not allowed, 404 unknown address, 405 not of that kind, 408 too late, 413 too much,
            416 out of range, 425 too far ahead, 429 too fast, 500 failed inside, 503 full.
        address: the OSC address it was about.
    """

    def __init__(self, code: int, address: str, text: str) -> None:
        super().__init__(text)
        self.code, self.address = code, address


class MissingExtraError(DdspFxError, ImportError):
    """A feature whose optional dependency is not installed."""


class TrainingError(DdspFxError):
    """Recordings or a training run that cannot be used."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Ends a message: "; did you mean X" with the most similar known name, or "" if none is similar."""
    # Only a message needs it; at the top it would slow every start of the program.
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}" if close else ""


def unknown_parameter(effect: str, symbol: str, known: Iterable[str]) -> UnknownParameterError:
    """The error for a misspelt parameter, with the most similar name and all valid ones."""
    names = sorted(known)
    return UnknownParameterError(
        f"{effect} has no parameter {symbol!r}{did_you_mean(symbol, names)}; it has {', '.join(names) or 'none'}"
    )
