# SPDX-License-Identifier: GPL-3.0-or-later
"""A model compiled by LiteRT's C library, on one CPU thread, and what it reads and writes.

For a compiled caller without the GIL: `Library.run_address` is the C function `int (compiled, signature, n_inputs,
inputs, n_outputs, outputs)`. The first argument is a `CompiledModel.handle` that no other thread runs meanwhile, the
rest is `Tensors.arguments`; the arrays of `Tensors`, at fixed addresses, are what it reads and writes.
"""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from ctypes import c_int, c_int32, c_int64, c_uint32

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.inference._banner import without_banner
from ddsp_fx.inference.litert_library import Library, LibraryError
from ddsp_fx.inference.runner import STEP_SIGNATURE

# LiteRT refuses memory that is aligned less. XNNPACK may read 16 bytes past the end of a tensor.
ALIGNMENT = 64
_CPU = 1
_FLOAT32 = 1
_MOST_DIMENSIONS = 8


class _Option(ctypes.Structure):
    _fields_ = (("tag", c_int), ("type", c_int64), ("value", c_int64))


_INTEGER, _ACCELERATORS, _LEAST_SEVERITY, _SILENT = 2, 24, 25, 4
# Without them, LiteRT looks for GPUs and tells stderr about it.
_OPTIONS = (_Option * 2)(_Option(_ACCELERATORS, _INTEGER, _CPU), _Option(_LEAST_SEVERITY, _INTEGER, _SILENT))


class TensorType(ctypes.Structure):
    """What LiteRT says of a tensor. Some builds for Windows lay it out differently: such a shape is refused."""

    _fields_ = (
        ("element", c_int),
        ("rank", c_uint32, 7),
        ("has_strides", c_uint32, 1),
        ("dimensions", c_int32 * _MOST_DIMENSIONS),
        # Strides, and room for what a later release may add.
        ("rest", c_uint32 * 32),
    )

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a float32 tensor; raises LibraryError for any other."""
        shape = tuple(int(n) for n in self.dimensions[: min(self.rank, _MOST_DIMENSIONS)])
        if self.element != _FLOAT32 or self.rank > _MOST_DIMENSIONS or min(shape, default=1) < 1:
            raise LibraryError(f"tensor {name!r} has type {self.element} and shape {shape}")
        return shape


def aligned_arrays(sizes: list[int]) -> list[NDArray[np.float32]]:
    """Zeroed float32 arrays of these sizes, in one piece of memory, each aligned and with room behind it."""
    strides = [(4 * size // ALIGNMENT + 2) * ALIGNMENT for size in sizes]
    memory = np.zeros(sum(strides) + ALIGNMENT, np.uint8)
    starts = np.cumsum([-memory.ctypes.data % ALIGNMENT, *strides])
    return [memory[at : at + 4 * size].view(np.float32) for at, size in zip(starts, sizes, strict=False)]


class ModelFile:
    """A model's bytes in memory, read by LiteRT: signature `step`, or the only one there is.

    Raises LibraryError for whatever the library refuses.
    """

    def __init__(self, library: Library, content: bytes) -> None:
        self.library = library
        self._memory = aligned_arrays([len(content) // 4 + 1])[0].view(np.uint8)
        self._memory[: len(content)] = np.frombuffer(content, np.uint8)
        with ExitStack() as made:
            options = len(_OPTIONS), ctypes.addressof(_OPTIONS)
            self.environment = library.made(made, "Environment", "CreateEnvironment", *options)
            self.handle = library.open_model(made, self.environment, self._memory.ctypes.data, len(content))
            self.signature, signature = self._find_signature()
            self.inputs = self._types(signature, "Input")
            self.outputs = self._types(signature, "Output")
            close_with(self, made)

    def _find_signature(self) -> tuple[int, int]:
        """Index and handle of signature `step`; a file without signatures has one of its tensors."""
        c = self.library
        count = c.size("GetNumModelSignatures", self.handle)
        handles = [c.handle("GetModelSignature", self.handle, index) for index in range(count)]
        keys = [c.text("GetSignatureKey", handle) for handle in handles]
        self._has_step = STEP_SIGNATURE in keys
        if not self._has_step and count != 1:
            raise LibraryError(f"it has {count} signatures, none of them {STEP_SIGNATURE!r}")
        index = keys.index(STEP_SIGNATURE) if self._has_step else 0
        return index, handles[index]

    def _types(self, signature: int, side: str) -> dict[str, TensorType]:
        c, found = self.library, {}
        count = c.size(f"GetNumSignature{side}s", signature)
        for index in range(count):
            tensor, kind = c.handle(f"GetSignature{side}TensorByIndex", signature, index), TensorType()
            c.call("GetRankedTensorType", tensor, ctypes.addressof(kind))
            # As the interpreter names them.
            named = (f"GetSignature{side}Name", signature, index) if self._has_step else ("GetTensorName", tensor)
            found[c.text(*named)] = kind
        if len(found) < count:
            raise LibraryError(f"two {side.lower()} tensors have one name")
        return found


class CompiledModel:
    """A model that can run. `lock`: two threads must not run it at once."""

    def __init__(self, file: ModelFile) -> None:
        self.file, self.lock = file, threading.Lock()
        c = file.library
        with ExitStack() as made, without_banner("library"):
            options = c.made(made, "Options", "CreateOptions")
            c.call("SetOptionsHardwareAccelerators", options, _CPU)
            given = file.environment, file.handle, options
            self.handle = c.made(made, "CompiledModel", "CreateCompiledModel", *given)
            close_with(self, made)


class Tensors(Mapping[str, NDArray[np.float32]]):
    """What one stream's steps read and write: a mapping of the inputs, and `outputs`, by name."""

    def __init__(self, file: ModelFile) -> None:
        self.file = file
        c, types = file.library, [*file.inputs.items(), *file.outputs.items()]
        shapes = [kind.shape(name) for name, kind in types]
        flat = aligned_arrays([int(np.prod(shape, dtype=np.int64)) for shape in shapes])
        with ExitStack() as made:
            handles = []
            for (_, kind), array in zip(types, flat, strict=True):
                given = ctypes.addressof(kind), array.ctypes.data, array.nbytes, None
                handles.append(c.made(made, "TensorBuffer", "CreateTensorBufferFromHostMemory", *given))
            close_with(self, made)
        arrays = [array.reshape(shape) for array, shape in zip(flat, shapes, strict=True)]
        split = len(file.inputs)
        self._inputs = dict(zip(file.inputs, arrays[:split], strict=True))
        self.outputs = dict(zip(file.outputs, arrays[split:], strict=True))
        self._handles = np.array(handles, np.uint64)
        at = self._handles.ctypes.data
        self.arguments = file.signature, split, at, len(handles) - split, at + self._handles.itemsize * split

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return self._inputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._inputs)

    def __len__(self) -> int:
        return len(self._inputs)

    # Two streams are never the same, whatever their arrays hold.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def close_with(owner: object, made: ExitStack) -> None:
    """Leave to `owner` what `made` holds. At the end of a process nothing is closed: threads may still run models."""
    weakref.finalize(owner, made.pop_all().close).atexit = False
