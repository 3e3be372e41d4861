# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a .tflite file as a callable with named tensors, and carries its state between calls."""

from ddsp_fx.inference.control_model import ControlModel, Controls
from ddsp_fx.inference.litert import LiteRtRunner, load_runner
from ddsp_fx.inference.runner import FakeRunner, Runner

__all__ = ["ControlModel", "Controls", "FakeRunner", "LiteRtRunner", "Runner", "load_runner"]
