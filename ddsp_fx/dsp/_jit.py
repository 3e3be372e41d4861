# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles loops once, and caches the machine code on disk where possible."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from pickle import PicklingError
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
from numba import njit, types
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.np import numpy_support

from ddsp_fx.dsp import _part as part
from ddsp_fx.dsp.state import Record, record_dtype

F = TypeVar("F", bound=Callable[..., Any])
Flags = bool | set[str]
_loading = threading.RLock()
# numba's types of plain annotations.
_PLAIN = {float: types.float64, int: types.int64, bool: types.boolean, type(None): types.void}


@cache
def _kernels_stamp() -> tuple[tuple[float, int], ...]:
    """When the package's compiled code was last edited: a file's loops contain the loops that they call elsewhere."""
    here = Path(__file__).parent
    found = [here / "stage.py", here / "state.py", *sorted(here.parent.glob("*/_*.py"))]
    return tuple((at.st_mtime, at.st_size) for at in (path.stat() for path in found))


class KernelCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of a function's machine code, with two differences.

    An edit in any kernel file makes it stale, not only one in the function's own. And the key does not depend on what
    a wrapper around the function has enclosed, which is another object in each process.

    Args:
        function: as its author wrote it.
        prefix: of the file names, for a second form of the same function.

    Raises RuntimeError where no folder can be written.
    """

    def __init__(self, function: Callable[..., Any], prefix: str = "") -> None:
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp(), _kernels_stamp()
        self._cache_file = IndexDataCacheFile(self._cache_path, prefix + self._impl.filename_base, stamp)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Nothing is saved if the state's class can't be pickled, as some of a notebook can't."""
        with suppress(TypeError, AttributeError, PicklingError):
            super().save_overload(sig, data)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        key: tuple[Any, Any, tuple[str, str]] = super()._index_key(sig, codegen)
        return (*key[:2], key[2][0])


def compiled(signature: Any, fastmath: Flags = False, *, inline: bool = False) -> Callable[[F], F]:
    """Decorator: compile for one signature, into the compiled code that calls the function.

    Python may call it too, but takes 5 us longer than with what `loaded` returns, and compiles it at the first call.

    Args:
        signature: numba's, for example "float64(float32[::1])".
        fastmath: numba's flags. Only "contract" and "reassoc" keep NaN and infinity meaningful.
        inline: put it into its callers whatever its size. For functions with one caller and a large state: handing over
            the 60 arrays of a violin ten times took 1.6 us a block, an eighth of a block of 64 samples.
    """

    def decorate(function: F) -> F:
        made = njit(nogil=True, fastmath=fastmath, forceinline=inline, **part.options())(function)
        return function if made is function else cast(F, _declared(made, function, signature, fastmath))

    return decorate


def kernel(fastmath: Flags = False, *, inline: bool = False) -> Callable[[F], F]:
    """Decorator: like `compiled`, with the signature from the annotations (`ddsp_fx.dsp.state`)."""

    def decorate(function: F) -> F:
        return compiled(signature_of(function), fastmath, inline=inline)(function)

    return decorate


def _declared(dispatcher: Any, function: Callable[..., Any], signature: Any, fastmath: Flags) -> Any:
    """A function of numba that compiles for its one signature when another calls it."""
    part.become_part(dispatcher)
    template = dispatcher.get_call_template

    def compiled_caller(args: Any, kws: Any) -> Any:
        with _loading:
            if not dispatcher.overloads:
                dispatcher.compile(signature)
            # Other arguments are converted; they must not compile the function once more, for their types.
            dispatcher.disable_compile()
            try:
                return template(args, kws)
            finally:
                dispatcher.disable_compile(False)

    @cache
    def for_python() -> Any:
        made: Any = njit(nogil=True, fastmath=fastmath)(function)
        with suppress(RuntimeError):
            made._cache = KernelCache(function)
        made.compile(signature)
        made.disable_compile()
        return made

    def python_caller(*_args: Any, **_kws: Any) -> Any:
        return next(iter(for_python().overloads.values())).entry_point

    dispatcher.get_call_template, dispatcher._compile_for_args = compiled_caller, python_caller
    dispatcher.for_python = for_python
    return dispatcher


def loaded(function: F) -> F:
    """The function for callers in Python, ready to run without a pause.

    The machine code is cached next to the module or in the user's cache folder. If neither is writable (a read-only
    install without a home), the function is compiled for this process only.
    """
    for_python = getattr(function, "for_python", None)
    return function if for_python is None else cast(F, for_python())


def signature_of(function: Callable[..., Any]) -> Any:
    """numba's signature of an annotated function."""
    hints = {name: compiled_type(hint) for name, hint in _hints(function).items()}
    return hints.pop("return")(*hints.values())


def _hints(of: Any) -> dict[str, Any]:
    return get_type_hints(of, include_extras=True)


def compiled_type(hint: Any) -> Any:
    """numba's type of an annotation: a number, an array of `ddsp_fx.dsp.state`, a Record, a NamedTuple, or a tuple."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint is np.float32:
        return types.float32
    if hasattr(hint, "__metadata__"):
        dtype, dimensions = hint.__metadata__
        return types.Array(numpy_support.from_dtype(np.dtype(dtype)), dimensions, "C")
    if isinstance(hint, type) and issubclass(hint, Record):
        return numpy_support.from_dtype(record_dtype(hint))  # type: ignore[arg-type]
    if isinstance(hint, type) and issubclass(hint, tuple):
        return types.BaseTuple.from_types([compiled_type(part) for part in _hints(hint).values()], hint)
    return types.BaseTuple.from_types([compiled_type(part) for part in hint.__args__])
