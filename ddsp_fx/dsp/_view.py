# SPDX-License-Identifier: GPL-3.0-or-later
"""How compiled code finds a state: from the address of its table of addresses, in a fraction of a microsecond.

Handing the 60 arrays of a violin to a compiled function costs 10 us a call, a table's address 0.2 us.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import config
from numba.core import types
from numba.extending import intrinsic
from numba.np import arrayobj

from ddsp_fx.dsp.state import addresses

_WORD = ir.IntType(64)


class _Words:
    """The words of a table, one after the other, as compiled code loads them."""

    def __init__(self, builder: Any, table: Any) -> None:
        self._builder, self._at = builder, 0
        self._table = builder.inttoptr(table, _WORD.as_pointer())

    def next(self) -> Any:
        place = self._builder.gep(self._table, [_WORD(self._at)])
        self._at += 1
        return self._builder.load(place)


def _built(context: Any, builder: Any, kind: Any, words: _Words) -> Any:
    """The value of a numba type from the next words, in the order of `state.addresses`."""
    if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined]
        return context.make_tuple(builder, kind, [_built(context, builder, part, words) for part in kind.types])
    if isinstance(kind, types.Record):
        return builder.inttoptr(words.next(), context.get_value_type(kind))
    if not isinstance(kind, types.Array):
        return words.next()
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(words.next(), array.data.type)
    shape = [words.next() for _ in range(kind.ndim)]
    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    strides = [_WORD(size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    arrayobj.populate_array(array, data, shape, strides, itemsize=_WORD(size), meminfo=None)
    return array._getvalue()


class Table:
    """A state as a table of addresses, for compiled code. It keeps the state alive.

    Attributes:
        address: of the table, for `viewer`.
    """

    def __init__(self, state: Any) -> None:
        self.state = state
        self._words = np.array(addresses(state), np.int64)
        self.address = int(self._words.ctypes.data)
        _tables[self.address] = self


# Where Python finds them if nothing is compiled (NUMBA_DISABLE_JIT=1).
_tables: WeakValueDictionary[int, Table] = WeakValueDictionary()


def viewer(kind: Any) -> Any:
    """A compiled function: the address of a Table -> its state, of this numba type."""
    if config.DISABLE_JIT:
        return lambda address: _tables[int(address)].state

    @intrinsic  # type: ignore[untyped-decorator]
    def view(_typing: Any, _table: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return _built(context, builder, kind, _Words(builder, arguments[0]))

        return kind(types.int64), build

    return view


@intrinsic  # type: ignore[untyped-decorator]
def audio(_typing: Any, _address: Any, _channels: Any, _samples: Any) -> Any:
    """Compiled: address, channels, samples -> the array (channels, samples) that is there."""
    kind = types.Array(types.float32, 2, "C")

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        data = builder.inttoptr(arguments[0], array.data.type)
        strides = [builder.mul(arguments[2], _WORD(4)), _WORD(4)]
        arrayobj.populate_array(array, data, list(arguments[1:]), strides, itemsize=_WORD(4), meminfo=None)
        return array._getvalue()

    return kind(types.int64, types.int64, types.int64), build
