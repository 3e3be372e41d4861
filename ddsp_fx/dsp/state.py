# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of compiled code: plain classes that say which numbers and arrays it has.

A `Record` holds numbers that change, a `NamedTuple` holds arrays, records and other NamedTuples:

    class Place(Record):
        position: int

    class Delay(NamedTuple):
        place: Place
        ring: Float2

Python makes them (`new(Place, position=3)`, `Delay(place, ring)`) and owns their memory. Compiled code reads and writes
the same memory: `line.place.position += 1` means the same in both.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

# Arrays of compiled code, by number of dimensions; all contiguous.
Float1 = Annotated[NDArray[np.float32], np.float32, 1]
Float2 = Annotated[NDArray[np.float32], np.float32, 2]
Float3 = Annotated[NDArray[np.float32], np.float32, 3]
Float4 = Annotated[NDArray[np.float32], np.float32, 4]
Double1 = Annotated[NDArray[np.float64], np.float64, 1]
Double2 = Annotated[NDArray[np.float64], np.float64, 2]
Int1 = Annotated[NDArray[np.int64], np.int64, 1]
Int2 = Annotated[NDArray[np.int64], np.int64, 2]

# Stages work on so many samples at once, whatever the length of a block: their scratch memory stays in the cache.
PIECE = 1024

_NUMBERS = {float: np.float64, int: np.int64}


class Record:
    """Base of classes whose annotations, `float` and `int`, are the numbers of a record. `new` makes one."""


R = TypeVar("R", bound=Record)


@cache
def record_dtype(kind: Any) -> np.dtype[Any]:
    """The layout in memory of a class of records."""
    return np.dtype([(name, _NUMBERS[of]) for name, of in get_type_hints(kind).items()])


def new(kind: type[R], **values: float) -> R:
    """A record with these numbers, and 0 for the rest."""
    layout: Any = record_dtype(kind)  # type: ignore[arg-type]
    memory = np.zeros(1, layout).view(np.recarray)
    for name, value in values.items():
        memory[0][name] = value
    record: R = memory[0]
    return record


def addresses(state: Any) -> list[int]:
    """A state as a list of numbers: the address of each record, and of each array with its shape, in order.

    They are true for as long as the state's arrays and records live.
    """
    if isinstance(state, tuple):
        return [word for part in state for word in addresses(part)]
    if isinstance(state, np.record):
        return [int(state.__array_interface__["data"][0])]
    if isinstance(state, np.ndarray) and state.flags.c_contiguous:
        return [state.ctypes.data, *state.shape]
    return [int(state)]
