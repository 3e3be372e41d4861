# SPDX-License-Identifier: GPL-3.0-or-later
"""Every compiled loop of the audio path can be compiled ahead of time."""

import re
import sys
from pathlib import Path

import ddsp_fx
from ddsp_fx.effects.kernels import compile_kernels, kernels


def test_all_kernels_are_compiled() -> None:
    root = Path(ddsp_fx.__file__).parent
    decorator = re.compile(r"^@(compiled|kernel|stage)\(", re.MULTILINE)
    compiled = [path for path in root.rglob("*.py") if decorator.search(path.read_text(encoding="utf-8"))]
    there = {f"ddsp_fx.{path.parent.name}.{path.stem}" for path in compiled}
    compile_kernels()
    assert set(kernels()) == there
    assert len(there) >= 20
    assert all(name in sys.modules for name in there)
