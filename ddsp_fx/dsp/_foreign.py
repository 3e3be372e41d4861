# SPDX-License-Identifier: GPL-3.0-or-later
"""What compiled code calls by address: C functions and stages; and a lock between threads that hold no GIL.

With NUMBA_DISABLE_JIT=1 all compiled code runs as Python, where these are the same by ctypes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import config
from numba.core import types
from numba.extending import intrinsic

_WORD, _INT = ir.IntType(64), ir.IntType(32)


def _called(builder: Any, values: list[Any], returns: Any) -> Any:
    kind = ir.FunctionType(returns, [_WORD] * (len(values) - 1))
    return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])


@intrinsic  # type: ignore[untyped-decorator]
def next_uint32(_typing: Any, _function: Any, _state: Any) -> Any:
    """uint32 (void *state): the next number of NumPy's bit generators."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return _called(builder, values, _INT)

    return types.uint32(types.int64, types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def run_model(
    _typing: Any, _function: Any, _model: Any, _index: Any, _n_in: Any, _in: Any, _n_out: Any, _out: Any
) -> Any:
    """int LiteRtRunCompiledModel(model, signature index, n, input buffers, n, output buffers): 0 for success."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return _called(builder, values, _INT)

    return types.int32(*[types.int64] * 7), build


@intrinsic  # type: ignore[untyped-decorator]
def run_stage(
    _typing: Any, _function: Any, _state: Any, _in: Any, _n_in: Any, _out: Any, _n_out: Any, _samples: Any
) -> Any:
    """A stage of `ddsp_fx.dsp.stage` on audio at two addresses, each (channels, samples): its status."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return _called(builder, values, _WORD)

    return types.int64(*[types.int64] * 7), build


@intrinsic  # type: ignore[untyped-decorator]
def take(_typing: Any, _flag: Any) -> Any:
    """Set the int64 at an address from 0 to 1; False if another thread has done so."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        place = builder.inttoptr(values[0], _WORD.as_pointer())
        answer = builder.cmpxchg(place, _WORD(0), _WORD(1), "acquire", "monotonic")
        return builder.extract_value(answer, 1)

    return types.boolean(types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def give_back(_typing: Any, _flag: Any) -> Any:
    """Set the int64 at an address back to 0, after all that was written before."""

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        place = builder.inttoptr(values[0], _WORD.as_pointer())
        builder.store_atomic(_WORD(0), place, "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def yield_thread(_typing: Any, _function: Any) -> Any:
    """int (void): lets another thread run; nothing if the address is 0."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        with builder.if_then(builder.icmp_signed("!=", values[0], _WORD(0))):
            _called(builder, values, _INT)
        return _INT(0)

    return types.int32(types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def address_of(_typing: Any, array: Any) -> Any:
    """The address of an array's first element."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        made = context.make_array(signature.args[0])(context, builder, values[0])
        return builder.ptrtoint(made.data, _WORD)

    return types.int64(array), build


def _by_ctypes(result: Any, count: int) -> Callable[..., int]:
    kind = ctypes.CFUNCTYPE(result, *[ctypes.c_void_p] * count)
    return lambda address, *values: int(kind(int(address))(*map(int, values)))


if config.DISABLE_JIT:
    next_uint32, run_model = _by_ctypes(ctypes.c_uint32, 1), _by_ctypes(ctypes.c_int32, 6)

    def address_of(array: Any) -> int:
        return int(array.ctypes.data)

    def yield_thread(function: int) -> None:
        pass

    def take(flag: int) -> bool:
        word = ctypes.c_int64.from_address(flag)
        was_free, word.value = word.value == 0, 1
        return was_free

    def give_back(flag: int) -> None:
        ctypes.c_int64.from_address(flag).value = 0
