# SPDX-License-Identifier: GPL-3.0-or-later
"""Acquire loads and release stores of words in memory that is shared with another process.

x86 keeps the order of stores by itself; ARM does not: with a plain store, the plugin could read audio that has not been
written yet. Both are needed: an exhaustive search of a model of the link finds stale audio if either is relaxed. numba
compiles for the current machine, so this needs no C; an access takes about twice as long as a plain one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ddsp_fx.dsp._jit import compiled, loaded

# numba adds the first argument itself and uses the names of the others; its type annotations show neither.
_intrinsic: Callable[[Any], Any] = intrinsic


@_intrinsic
def _store_release(_typing: Any, words: Any, index: Any, value: Any) -> Any:  # noqa: ARG001
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.gep(context.make_array(signature.args[0])(context, builder, arguments[0]).data, [arguments[1]])
        builder.store_atomic(arguments[2], place, "release", signature.args[0].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(words, types.intp, words.dtype), emit


@_intrinsic
def _load_acquire(_typing: Any, words: Any, index: Any) -> Any:  # noqa: ARG001
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.gep(context.make_array(signature.args[0])(context, builder, arguments[0]).data, [arguments[1]])
        return builder.load_atomic(place, "acquire", signature.args[0].dtype.bitwidth // 8)

    return words.dtype(words, types.intp), emit


@loaded
@compiled("void(uint64[::1], intp, uint64)")
def store_u64(words: Any, index: int, value: int) -> None:
    """Release store: whoever loads this value sees everything that was written before it."""
    _store_release(words, index, value)


@loaded
@compiled("void(uint32[::1], intp, uint32)")
def store_u32(words: Any, index: int, value: int) -> None:
    """Like `store_u64`."""
    _store_release(words, index, value)


@loaded
@compiled("uint64(uint64[::1], intp)")
def load_u64(words: Any, index: int) -> int:
    """Acquire load: nothing that is read afterwards is older than this value."""
    return _load_acquire(words, index)  # type: ignore[no-any-return]


@loaded
@compiled("uint32(uint32[::1], intp)")
def load_u32(words: Any, index: int) -> int:
    """Like `load_u64`."""
    return _load_acquire(words, index)  # type: ignore[no-any-return]
