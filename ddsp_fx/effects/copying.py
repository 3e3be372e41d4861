# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies and pickles of an effect: its constructor's inputs and its values, but no audio and nothing from `prepare`."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from ddsp_fx.effects.usage import Usage

_ABSENT = object()


class Copyable:
    """Mixin for copies and pickles. A copy is not prepared, and shares no state that audio or a value can change."""

    def __init__(self) -> None:
        self._usage = Usage()
        # The attributes' values from before `prepare`: a loaded model can be neither copied nor pickled.
        self._before_prepare: dict[str, Any] = {}

    @contextmanager
    def _preparing(self) -> Iterator[None]:
        before = dict(self.__dict__)
        try:
            yield
        finally:
            for name, value in self.__dict__.items():
                if value is not before.get(name, _ABSENT):
                    self._before_prepare.setdefault(name, before.get(name, _ABSENT))

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, **self._before_prepare}
        for name in ("_usage", "_before_prepare", "_last_render"):
            state.pop(name, None)
        return {name: value for name, value in state.items() if value is not _ABSENT}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Copyable.__init__(self)

    def __copy__(self) -> Self:
        # A shallow copy would share the inner effect or the delay line, and so its audio.
        return copy.deepcopy(self)
