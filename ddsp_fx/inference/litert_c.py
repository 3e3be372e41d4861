# SPDX-License-Identifier: GPL-3.0-or-later
"""A Runner through LiteRT's C library. All streams of a process that run one file share its compiled models."""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import threading
import weakref
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import ModelError
from ddsp_fx.inference.compiled_model import CompiledModel, ModelFile, Tensors
from ddsp_fx.inference.litert_library import LibraryError, library
from ddsp_fx.inference.runner import Shapes, check_shapes
from ddsp_fx.inference.runner import Tensors as AnyTensors

if TYPE_CHECKING:
    from ddsp_fx.inference._decoder_kernel import Pool

# More threads than cores don't run at once. Each compiled model of a 256-unit GRU has 1.3 MB of packed weights.
MOST_COMPILED = min(os.cpu_count() or 1, 8)


def other_thread() -> int:
    """The address of the system's function that lets another thread run; 0 if it is not found."""
    name = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
    try:
        system = ctypes.CDLL("kernel32" if sys.platform == "win32" else None)
        return ctypes.cast(getattr(system, name), ctypes.c_void_p).value or 0
    except (OSError, AttributeError):
        return 0


class SharedModel:
    """One file, and as many compiled models as threads may run it at once: no more than it has streams, or cores.

    A step takes the first that is free. So one thread always runs the same, whose weights stay in its core's cache, and
    threads don't wait for each other: with two that step without a pause, one model with a lock gave 0.4 of the steps
    of a single thread, because each wait also hands over the GIL.
    """

    def __init__(self, content: bytes) -> None:
        self.file = ModelFile(library(), content)
        # For callers in Python, and for compiled callers, which lock them in another way.
        self.compiled: list[CompiledModel] = []
        self._pooled: list[CompiledModel] = []
        # Made at once, because the library may refuse the model only here. Whoever runs first takes it.
        self._first: CompiledModel | None = CompiledModel(self.file)
        self._tensors: weakref.WeakSet[Tensors] = weakref.WeakSet()
        self._growing = threading.Lock()
        self._pool: Pool | None = None

    def new_tensors(self, is_pooled: bool = False) -> Tensors:
        """The tensors of one more stream, which Python runs, or else compiled code."""
        made = Tensors(self.file)
        compiled = self._pooled if is_pooled else self.compiled
        with self._growing:
            self._tensors.add(made)
            if not compiled or len(compiled) < min(len(self._tensors), MOST_COMPILED):
                first, self._first = self._first, None
                # Without another, two threads may wait for each other; without any, none could run.
                with suppress(LibraryError) if compiled else nullcontext():
                    compiled.append(first or CompiledModel(self.file))
        return made

    def pool(self) -> Pool:
        """The compiled models for callers that are compiled themselves. Call it after each of their `new_tensors`."""
        from ddsp_fx.dsp.state import new
        from ddsp_fx.inference._decoder_kernel import Pool, PoolCount

        if self._pool is None:
            self._pool = Pool(new(PoolCount), *[np.zeros(MOST_COMPILED, np.int64) for _ in range(2)])
        for index, model in enumerate(self._pooled):
            self._pool.handles[index] = model.handle
        self._pool.size.models = len(self._pooled)
        return self._pool

    def step(self, tensors: Tensors) -> None:
        """From the inputs to the outputs; raises LibraryError if it fails. Not for the same tensors twice at once."""
        compiled = next((one for one in self.compiled if one.lock.acquire(blocking=False)), None)
        if compiled is None:
            compiled = self.compiled[0]
            compiled.lock.acquire()
        try:
            status = self.file.library.run(compiled.handle, *tensors.arguments)
        finally:
            compiled.lock.release()
        if status:
            raise LibraryError(f"LiteRtRunCompiledModel gave status {status}")

    def free_locks(self) -> None:
        """In a forked child, where the threads that held them do not exist."""
        self._growing = threading.Lock()
        for one in self.compiled:
            one.lock = threading.Lock()
        if self._pool is not None:
            self._pool.flags[:] = 0


# By sha256. The runners own the models, so the last runner closes them.
_shared: weakref.WeakValueDictionary[bytes, SharedModel] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def shared_model(content: bytes) -> SharedModel:
    """The one model of these bytes; raises LibraryError if the library is of no use for it."""
    digest = hashlib.sha256(content).digest()
    with _opening:
        found = _shared.get(digest)
        if found is None:
            found = _shared[digest] = SharedModel(content)
    return found


def _after_fork() -> None:
    global _opening
    _opening = threading.Lock()
    for model in _shared.values():
        model.free_locks()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class CompiledRunner:
    """Maps tensors by the names in signature `step` if the file has it, else by the tensors' own names.

    Raises LibraryError if the library is of no use for this model.
    """

    def __init__(self, content: bytes, label: str) -> None:
        self.label = label
        self._model = shared_model(content)
        file = self._model.file
        self.runtime = f"LiteRT {file.library.release}, C library"
        self.inputs: Shapes = {name: kind.shape(name) for name, kind in file.inputs.items()}
        self.outputs: Shapes = {name: kind.shape(name) for name, kind in file.outputs.items()}
        # For callers with arrays of their own; made for the first.
        self._own: Tensors | None = None
        self._lock = threading.Lock()

    def new_tensors(self) -> Tensors:
        """The inputs of one stream, which `run` takes without a copy; its outputs are then views of fixed memory."""
        try:
            return self._model.new_tensors()
        except LibraryError as error:
            raise ModelError(f"{self.label}: no room for another stream of it: {error}") from None

    def pooled(self) -> tuple[Tensors, Pool]:
        """A stream's tensors, and the compiled models, for a caller that is compiled itself."""
        try:
            return self._model.new_tensors(is_pooled=True), self._model.pool()
        except LibraryError as error:
            raise ModelError(f"{self.label}: no room for another stream of it: {error}") from None

    def run(self, tensors: AnyTensors) -> dict[str, NDArray[np.float32]]:
        """All inputs by name -> all outputs by name; raises ModelError for a wrong name or shape, or if it fails."""
        if isinstance(tensors, Tensors) and tensors.file is self._model.file:
            self._step(tensors)
            return tensors.outputs
        check_shapes(self.label, "input", self.inputs, tensors)
        with self._lock:
            own = self._own = self._own or self.new_tensors()
            for name, array in own.items():
                array[...] = tensors[name]
            self._step(own)
            return {name: array.copy() for name, array in own.outputs.items()}

    def _step(self, tensors: Tensors) -> None:
        try:
            self._model.step(tensors)
        except LibraryError as error:
            raise ModelError(f"{self.label}: the model failed to run: {error}") from None
