# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoder of a DDSP model: maps pitch and level of a frame to the synthesizer's controls, and carries its state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.errors import ModelError
from ddsp_fx.inference.runner import Runner, Tensors

if TYPE_CHECKING:
    from ddsp_fx.inference._decoder_kernel import Decoder

# Roles -> tensor names in our own files (signature `step`) and in magenta/ddsp-vst's.
_OWN_IN = {"f0": "f0_scaled", "level": "level_scaled", "state": "state"}
_OWN_OUT = {
    "amplitude": "amplitude",
    "distribution": "harmonic_distribution",
    "noise": "noise_magnitudes",
    "state": "state",
}
_VST_IN = {"f0": "call_f0_scaled:0", "level": "call_pw_scaled:0", "state": "call_state:0"}
# Some units of a GRU accumulate without limit: a held note rose by 1.1 dB from its 10th second to its 600th. Training
# clips last a few seconds, so older state is meaningless and fades (figures in docs/measurements.md).
MEMORY_S = 5.0
# More cannot be heard, and the oscillators' memory and time grow with them.
MOST_HARMONICS, MOST_BANDS = 1024, 4096
_VST_OUT = {
    "amplitude": "StatefulPartitionedCall:0",
    "distribution": "StatefulPartitionedCall:1",
    "noise": "StatefulPartitionedCall:2",
    "state": "StatefulPartitionedCall:3",
}
# In the order of `_decoder_kernel.Decoder`.
_OUTPUTS = ("state", "amplitude", "distribution", "noise")


@dataclass(frozen=True)
class Controls:
    """One frame: amplitude (linear), harmonic_distribution (n_harmonics,) summing to 1, noise_magnitudes (n_bands,)."""

    amplitude: float
    harmonic_distribution: NDArray[np.float32]
    noise_magnitudes: NDArray[np.float32]


class ControlModel:
    """A Runner that keeps the state between frames.

    Args:
        runner: the model.
        frame_s: seconds between frames, which sets how fast the state fades; 0 keeps it all, for a model's test
            vectors.

    Raises ModelError that names the missing or misshapen tensor.
    """

    def __init__(self, runner: Runner, frame_s: float = 0.0) -> None:
        self.runner = runner
        self._keep = np.float32(math.exp(-frame_s / MEMORY_S))
        self.is_ddsp_vst = not set(_OWN_IN.values()) & runner.inputs.keys()
        self._in = _VST_IN if self.is_ddsp_vst else _OWN_IN
        self._out = _VST_OUT if self.is_ddsp_vst else _OWN_OUT
        self._require("input", runner.inputs, self._in)
        self._require("output", runner.outputs, self._out)
        self._require_sizes()
        self.n_harmonics = math.prod(runner.outputs[self._out["distribution"]])
        self.n_bands = math.prod(runner.outputs[self._out["noise"]])
        self._own_tensors: Tensors | None = None

    @property
    def _tensors(self) -> Tensors:
        """What a step reads; made for the first."""
        self._own_tensors = self._own_tensors or self.runner.new_tensors()
        return self._own_tensors

    def _require(self, side: str, present: object, wanted: dict[str, str]) -> None:
        missing = [name for name in wanted.values() if name not in present]  # type: ignore[operator]
        if missing:
            raise ModelError(
                f"{self.runner.label}: not a timbre model: {side} tensor {missing[0]!r} is missing; "
                f"it has {', '.join(present)}"  # type: ignore[arg-type]
            )

    def _require_sizes(self) -> None:
        inputs, outputs = self.runner.inputs, self.runner.outputs
        for name in (self._in["f0"], self._in["level"]):
            if math.prod(inputs[name]) != 1:
                raise ModelError(
                    f"{self.runner.label}: input tensor {name!r} has shape {inputs[name]}, expected 1 value"
                )
        if math.prod(outputs[self._out["amplitude"]]) != 1:
            shape = outputs[self._out["amplitude"]]
            raise ModelError(
                f"{self.runner.label}: output {self._out['amplitude']!r} has shape {shape}, expected 1 value"
            )
        state_in, state_out = inputs[self._in["state"]], outputs[self._out["state"]]
        if math.prod(state_in) != math.prod(state_out):
            raise ModelError(f"{self.runner.label}: the state's input has shape {state_in}, its output {state_out}")

        self._require_at_most("harmonics", self._out["distribution"], MOST_HARMONICS)
        self._require_at_most("noise bands", self._out["noise"], MOST_BANDS)

    def _require_at_most(self, what: str, name: str, most: int) -> None:
        found = math.prod(self.runner.outputs[name])
        if not 0 < found <= most:
            raise ModelError(f"{self.runner.label}: output {name!r} has {found} {what}, expected 1 to {most}")

    def new_state(self) -> Decoder | None:
        """This stream for compiled code, with the same memory; None if the runner is not LiteRT's C library."""
        from ddsp_fx.inference.litert_c import CompiledRunner, other_thread

        if not isinstance(self.runner, CompiledRunner):
            return None
        from ddsp_fx.dsp.state import new
        from ddsp_fx.inference._decoder_kernel import Call, Decoder

        tensors, pool = self.runner.pooled()
        self._own_tensors, names = tensors, ("signature", "n_inputs", "inputs", "n_outputs", "outputs")
        addresses = {"function": tensors.file.library.run_address or 0, "yield_thread": other_thread()}
        call = new(Call, keep=float(self._keep), **addresses, **dict(zip(names, tensors.arguments, strict=True)))
        inputs = [tensors[self._in[role]].reshape(-1) for role in ("f0", "level", "state")]
        outputs = [tensors.outputs[self._out[role]].reshape(-1) for role in _OUTPUTS]
        return Decoder(call, pool, *inputs, *outputs)

    def reset(self) -> None:
        """Return to the silent state."""
        self._tensors[self._in["state"]].fill(0.0)

    def step(self, midi: float, level_db: float) -> Controls:
        """One frame: MIDI pitch (fractional) and level in dB -> Controls. Non-finite outputs become silence."""
        self._tensors[self._in["f0"]].fill(midi / 127.0)
        self._tensors[self._in["level"]].fill(level_db / 80.0 + 1.0)
        out = self.runner.run(self._tensors)
        state = self._tensors[self._in["state"]]
        np.multiply(out[self._out["state"]].reshape(state.shape), self._keep, out=state)
        if not np.isfinite(state).all():
            self.reset()
        amplitude = float(out[self._out["amplitude"]].reshape(()))
        # Copies, because the next step may write into the same memory.
        distribution = out[self._out["distribution"]].flatten()
        noise = out[self._out["noise"]].flatten()
        if not (math.isfinite(amplitude) and np.isfinite(distribution).all() and np.isfinite(noise).all()):
            return Controls(0.0, np.zeros_like(distribution), np.zeros_like(noise))
        return Controls(amplitude, distribution, noise)
