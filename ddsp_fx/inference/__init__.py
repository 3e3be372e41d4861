# SPDX-License-Identifier: GPL-3.0-or-later
"""A .tflite file as a callable with named tensors and carried state."""

from ddsp_fx.inference.control_model import ControlModel, Controls
from ddsp_fx.inference.litert import LiteRtRunner, load_runner
from ddsp_fx.inference.runner import FakeRunner, Runner

__all__ = ["ControlModel", "Controls", "FakeRunner", "LiteRtRunner", "Runner", "load_runner"]
