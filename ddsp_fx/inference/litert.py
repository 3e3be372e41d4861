# SPDX-License-Identifier: GPL-3.0-or-later
"""A .tflite file as a Runner, through LiteRT or, where nothing else exists, tflite-runtime."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import MissingExtraError, ModelError
from ddsp_fx.inference.runner import Shapes, Tensors, check_shapes

STEP_SIGNATURE = "step"


def interpreter_class() -> type[Any]:
    """LiteRT's Interpreter, else tflite-runtime's; raises MissingExtraError with the pip line."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError:
            raise MissingExtraError("no TFLite runtime is installed: pip install ai-edge-litert") from None
    return Interpreter  # type: ignore[no-any-return]


def load_runner(path: Path | str, threads: int = 1) -> LiteRtRunner:
    """Open a model file; raises ModelError that names the file and what is wrong with it.

    One thread by default: a 256-unit GRU step is about 0.1 ms of work, less than waking a second core costs.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}") from None
    if content[4:8] != b"TFL3":
        raise ModelError(f"{file}: not a TFLite model (no TFL3 mark in its first 8 bytes, {len(content)} bytes in all)")
    make = interpreter_class()
    try:
        with _without_banner():
            interpreter = make(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{file}: corrupt or truncated model: {str(error).splitlines()[0]}") from None
    return LiteRtRunner(interpreter, str(file))


@contextmanager
def _without_banner() -> Iterator[None]:
    """Keep LiteRT's "INFO: Created TensorFlow Lite XNNPACK delegate" out of every script's stderr.

    It is written by C++ past sys.stderr and LiteRT has no switch for it; without the delegate a step of the 256-unit
    GRU takes 96 us in place of 54. What LiteRT means as an error comes as an exception all the same.
    """
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


class LiteRtRunner:
    """Tensors by the names of signature `step` where the file has it, else by the tensors' own names."""

    def __init__(self, interpreter: Any, label: str) -> None:
        self.label = label
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
        # A signature runner would make invoke() on this interpreter raise, so its names are mapped to indices here.
        full = self._interpreter._get_full_signature_list()[STEP_SIGNATURE][side]
        return {name: int(index) for name, index in full.items()}

    def _shape(self, index: int) -> tuple[int, ...]:
        return tuple(int(n) for n in self._interpreter.get_tensor(index).shape)

    def run(self, tensors: Tensors) -> dict[str, NDArray[np.float32]]:
        """All inputs by name -> all outputs by name; raises ModelError on a wrong name or shape."""
        check_shapes(self.label, "input", self.inputs, tensors)
        for name, index in self._in.items():
            self._interpreter.set_tensor(index, tensors[name])
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(index) for name, index in self._out.items()}
