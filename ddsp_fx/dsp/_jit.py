# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles a loop once, and caches it on disk where possible."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(signature: str, fastmath: bool | set[str] = False) -> Callable[[F], F]:
    """Decorator: compile for one signature at import, so that no audio callback ever waits for a compiler.

    The machine code is cached next to the module or in the user's cache folder. If neither is writable (a read-only
    install without a home), numba refuses to cache; the loop is then compiled for this process only.

    Args:
        signature: the numba signature, for example "float64(float32[::1])".
        fastmath: numba's flags. Only "contract" and "reassoc" keep NaN and infinity meaningful.
    """

    def decorate(function: F) -> F:
        try:
            return cast(F, njit(signature, cache=True, nogil=True, fastmath=fastmath)(function))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            return cast(F, njit(signature, cache=False, nogil=True, fastmath=fastmath)(function))

    return decorate
