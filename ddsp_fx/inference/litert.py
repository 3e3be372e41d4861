# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a .tflite file: by LiteRT's C library, or else by its interpreter, or tflite-runtime's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.bounded import read_bytes
from ddsp_fx.errors import MissingExtraError, ModelError
from ddsp_fx.inference._banner import without_banner
from ddsp_fx.inference.litert_c import CompiledRunner
from ddsp_fx.inference.litert_library import LibraryError, library
from ddsp_fx.inference.runner import STEP_SIGNATURE, Runner, Shapes, Tensors, check_shapes, zeros
from ddsp_fx.inference.trial import COMPILED, require_tried

# This project's models have 0.9 to 19 MiB.
MOST_BYTES = 256 << 20


def interpreter_class() -> type[Any]:
    """LiteRT's Interpreter, else tflite-runtime's; raises MissingExtraError with the pip command."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError:
            raise MissingExtraError("no TFLite runtime is installed: pip install ai-edge-litert") from None
    return Interpreter  # type: ignore[no-any-return]


def load_runner(path: Path | str) -> Runner:
    """Open a model file; raises ModelError that names the file and what is wrong with it.

    A file that has not run on this machine before first runs in a child process (`trial`), which also decides what
    runs it. It runs on one thread: a step of a 256-unit GRU takes about 15 us, less than it takes to wake another core.
    """
    file = Path(path)
    content = read_bytes(file, MOST_BYTES, ModelError)
    _require_mark(content, str(file))
    verdict, why = require_tried(content, str(file)), "the C library failed this model's trial"
    try:
        if library() and verdict == COMPILED:
            return CompiledRunner(content, str(file))
    except LibraryError as error:
        why = str(error)
    runner = open_interpreter(content, str(file))
    runner.runtime += f" ({why})"
    return runner


def open_interpreter(content: bytes, label: str) -> LiteRtRunner:
    """A model from its bytes, run in this process without a trial; raises ModelError that names `label`."""
    _require_mark(content, label)
    make = interpreter_class()
    with _translated(label, "corrupt or truncated model"), without_banner("interpreter"):
        interpreter = make(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        return LiteRtRunner(interpreter, label)


def _require_mark(content: bytes, label: str) -> None:
    if content[4:8] != b"TFL3":
        raise ModelError(
            f"{label}: not a TFLite model (no TFL3 mark in its first 8 bytes, {len(content)} bytes in all)"
        )


@contextmanager
def _translated(label: str, what: str) -> Iterator[None]:
    """Turn whatever LiteRT raises over a file (ValueError, SystemError, UnicodeDecodeError, ...) into a ModelError."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{label}: {what}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


class LiteRtRunner:
    """Maps tensors by the names in signature `step` if the file has it, else by the tensors' own names."""

    def __init__(self, interpreter: Any, label: str) -> None:
        self.label, self.runtime = label, "interpreter"
        self._interpreter = interpreter
        self._in = self._indices(interpreter.get_input_details(), "inputs")
        self._out = self._indices(interpreter.get_output_details(), "outputs")
        self.inputs: Shapes = {name: self._shape(index) for name, index in self._in.items()}
        self.outputs: Shapes = {name: self._shape(index) for name, index in self._out.items()}

    def _indices(self, details: list[dict[str, Any]], side: str) -> dict[str, int]:
        for detail in details:
            if detail["dtype"] is not np.float32:
                kind = np.dtype(detail["dtype"]).name
                raise ModelError(f"{self.label}: tensor {detail['name']!r} is {kind}, expected float32 in and out")
        signature = self._interpreter.get_signature_list().get(STEP_SIGNATURE)
        if signature is None:
            return {detail["name"]: detail["index"] for detail in details}
        # With a signature runner, invoke() on this interpreter would raise, so its names are mapped to indices here.
        full = self._interpreter._get_full_signature_list()[STEP_SIGNATURE][side]
        return {name: int(index) for name, index in full.items()}

    def _shape(self, index: int) -> tuple[int, ...]:
        return tuple(int(n) for n in self._interpreter.get_tensor(index).shape)

    def new_tensors(self) -> Tensors:
        """Zeroed inputs."""
        return zeros(self.inputs)

    def run(self, tensors: Tensors) -> dict[str, NDArray[np.float32]]:
        """All inputs by name -> all outputs by name; raises ModelError for a wrong name or shape, or if it fails."""
        check_shapes(self.label, "input", self.inputs, tensors)
        try:
            for name, index in self._in.items():
                self._interpreter.set_tensor(index, tensors[name])
            self._interpreter.invoke()
            out = {name: self._interpreter.get_tensor(index) for name, index in self._out.items()}
        except Exception as error:
            raise ModelError(f"{self.label}: the model failed to run: {_first_line(error)}") from None
        for name, value in out.items():
            if value.shape != self.outputs[name]:
                raise ModelError(
                    f"{self.label}: output {name!r} has shape {value.shape}, expected {self.outputs[name]}"
                )
        return out
