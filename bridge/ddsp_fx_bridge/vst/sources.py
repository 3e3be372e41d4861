# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the plugin's C++ sources, and the packages that are missing to build them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import ddsp_fx_bridge
from ddsp_fx.errors import EngineError

DPF = Path("/usr/share/dpf")


def source_folder() -> Path:
    """`bridge/vst` in a checkout, `vst_source` in a wheel; raises EngineError if neither exists."""
    package = Path(ddsp_fx_bridge.__file__).parent
    places = (package.parent / "vst", package / "vst_source")
    for place in places:
        if (place / "CMakeLists.txt").is_file():
            return place
    raise EngineError(f"the plugin's sources are not at {' or '.join(map(str, places))}; install ddsp-fx again")


def dpf_folder() -> Path:
    """`$DPF_DIR`, else Debian's folder."""
    return Path(os.environ.get("DPF_DIR") or DPF)


def missing_packages() -> list[str]:
    """The packages that must be installed before the plugin can be built."""
    wanted = {
        "cmake": shutil.which("cmake"),
        "g++": os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++"),
        "make": shutil.which("make") or shutil.which("ninja"),
        "dpf-source": (dpf_folder() / "distrho" / "DistrhoPlugin.hpp").is_file(),
    }
    return [package for package, found in wanted.items() if not found]


def check_tools() -> None:
    """Raises EngineError with the command that installs missing tools."""
    if sys.platform != "linux":
        raise EngineError(f"the plugin is built on Linux; this is {sys.platform}. docs/link.md lists what a port needs")
    missing = missing_packages()
    if missing:
        raise EngineError(f"the plugin cannot be built without {', '.join(missing)}: apt install {' '.join(missing)}")
