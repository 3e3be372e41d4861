# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the plugins from C++ with CMake, in a folder in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

from ddsp_fx import __version__
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.vst.sources import check_tools, dpf_folder

Progress = Callable[[int], None]
_PERCENT = re.compile(r"^\[ *(\d+)%\]|^\[(\d+)/(\d+)\]")
# Lines of the log to show after a failure, which usually include the compiler's first error.
_TAIL_LINES = 30


def build_folder(source: Path) -> Path:
    """A build folder for these sources: CMake refuses a cache made from other ones."""
    mark = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:8]
    return platformdirs.user_cache_path("ddsp-fx", appauthor=False) / f"vst-{mark}"


def build(source: Path, progress: Progress) -> Path:
    """Build, if anything has changed, and return the folder with the plugins.

    Args:
        source: with a CMakeLists.txt.
        progress: called with the percentage done.

    Raises EngineError with the end of the log, or with the packages that must be installed first.
    """
    check_tools()
    folder = build_folder(source)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    log.write_text("")
    settings = [
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DDDSP_FX_VERSION={__version__}",
        f"-DDPF_DIR={dpf_folder()}",
        "-Wno-dev",
        *(["-GNinja"] if not shutil.which("make") else []),
    ]
    _run(["cmake", "-S", str(source), "-B", str(folder), *settings], log, progress)
    _run(["cmake", "--build", str(folder), "--parallel", str(os.cpu_count() or 1)], log, progress)
    return folder / "bin"


def _run(words: Sequence[str], log: Path, progress: Progress) -> None:
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with log.open("a") as file, subprocess.Popen(words, text=True, errors="replace", **streams) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            done = percentage(line)
            if done is not None:
                progress(done)
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise EngineError("\n".join([f"the plugin could not be built; the end of {log}:", *tail]))


def percentage(line: str) -> int | None:
    """The percentage in a line of output from make or ninja."""
    match = _PERCENT.match(line)
    if match is None:
        return None
    return int(match[1]) if match[1] else 100 * int(match[2]) // max(1, int(match[3]))
