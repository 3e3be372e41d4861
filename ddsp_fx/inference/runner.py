# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a model: named float32 tensors in, named float32 tensors out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import ModelError

# The signature of this project's files.
STEP_SIGNATURE = "step"
Tensors = Mapping[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]


@runtime_checkable
class Runner(Protocol):
    """A loaded model. `label` names its file in errors, `runtime` what runs it. It keeps no state between runs."""

    label: str
    runtime: str
    inputs: Shapes
    outputs: Shapes

    def new_tensors(self) -> Tensors:
        """Zeroed `inputs` for one stream to write into. `run` with them may give the same arrays each time."""
        ...

    def run(self, tensors: Tensors) -> dict[str, NDArray[np.float32]]:
        """All of `inputs` by name -> all of `outputs` by name."""
        ...


class FakeRunner:
    """A Runner around a plain function, for tests of effects without a model file.

    Args:
        function: tensors in -> tensors out.
        inputs, outputs: shapes by name; each call is checked against them.
    """

    def __init__(
        self, function: Callable[[Tensors], Mapping[str, NDArray[np.float32]]], inputs: Shapes, outputs: Shapes
    ) -> None:
        self.label, self.runtime = "fake model", "a Python function"
        self.inputs: Shapes = dict(inputs)
        self.outputs: Shapes = dict(outputs)
        self._function = function

    def new_tensors(self) -> Tensors:
        """Zeroed inputs."""
        return zeros(self.inputs)

    def run(self, tensors: Tensors) -> dict[str, NDArray[np.float32]]:
        """Raises ModelError if input or output names or shapes differ from the declared ones."""
        check_shapes(self.label, "input", self.inputs, tensors)
        out = {name: np.asarray(value, np.float32) for name, value in self._function(tensors).items()}
        check_shapes(self.label, "output", self.outputs, out)
        return out


def zeros(shapes: Shapes) -> dict[str, NDArray[np.float32]]:
    """An array of zeros for each."""
    return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}


def check_shapes(label: str, side: str, declared: Shapes, tensors: Tensors) -> None:
    """Raises ModelError that names the first tensor that is missing, unknown or of another shape."""
    for name in declared.keys() ^ tensors.keys():
        state = "missing" if name in declared else "unknown"
        raise ModelError(f"{label}: {side} tensor {name!r} is {state}; declared are {', '.join(declared)}")
    for name, shape in declared.items():
        if tensors[name].shape != tuple(shape):
            raise ModelError(f"{label}: {side} tensor {name!r} has shape {tensors[name].shape}, expected {shape}")
