# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies and pickles of an effect: what it is made from and its values, never its audio or what `prepare` made."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from ddsp_fx.effects.usage import Usage

_ABSENT = object()


class Copyable:
    """A copy is not prepared, and shares nothing that audio or a value could change."""

    def __init__(self) -> None:
        self._usage = Usage()
        # What attributes were before `prepare` filled them: a loaded model can be neither copied nor pickled.
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
        # Two effects around one inner effect, or one delay line, would hear each other.
        return copy.deepcopy(self)
