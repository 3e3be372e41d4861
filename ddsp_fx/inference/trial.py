# SPDX-License-Identifier: GPL-3.0-or-later
"""A model that is new to this machine first runs in a child process.

LiteRT trusts the contents of a .tflite: of 11,550 files with a few changed bytes, 8 ended the process by SIGSEGV or
SIGABRT. If the child dies, the user gets a typed error. Verdicts are stored by the hash of the file's bytes, so a model
is tried once per machine, which takes some tenths of a second, and again after LiteRT changes. The trial is no sandbox:
it cannot tell what a model does with other inputs.

The child runs it by LiteRT's C library and by the interpreter. Only if both give the same bits is the library used, so
where it is unknown, refuses the model, differs or dies, the interpreter runs the model as before.
"""

from __future__ import annotations

import hashlib
import os
import platform
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from ddsp_fx.errors import ModelError
from ddsp_fx.inference.litert_library import VARIABLE, LibraryError, library

# Increase it when the trial checks more, so that stored verdicts are discarded.
TRIAL_VERSION = 2
# A trial takes some tenths of a second; the limit allows for a busy machine.
LIMIT_S = 120.0
# Verdicts on a model that runs: what may run it.
COMPILED, INTERPRETED = "good: C library", "good: interpreter"
_known: dict[Path, str] = {}


def require_tried(content: bytes, label: str) -> str:
    """COMPILED or INTERPRETED: what runs this model here; raises ModelError that names `label` and what happened.

    Args:
        content: the bytes of the .tflite file that will be loaded.
        label: the file's name, for messages.
    """
    path = verdict_path(hashlib.sha256(content).hexdigest())
    verdict = _known.get(path) or _remembered(path)
    if verdict is None:
        verdict = _try(content)
        if not verdict.startswith(_UNSURE):
            _remember(path, verdict)
    if verdict not in (COMPILED, INTERPRETED):
        raise ModelError(f"{label}: {verdict.removeprefix(_UNSURE)}")
    _known[path] = verdict
    return verdict


def verdict_path(digest: str) -> Path:
    """The file that stores the verdict on a model of that sha256 with this machine's runtime."""
    folder = platformdirs.user_cache_path("ddsp-fx") / "models"
    return folder / f"{digest[:32]}-{_runtime()}{'' if _has_library() else '-interpreter'}-{TRIAL_VERSION}"


def _has_library() -> bool:
    try:
        return bool(library())
    except LibraryError:
        return False


def _runtime() -> str:
    for name in ("ai-edge-litert", "tflite-runtime"):
        with suppress(PackageNotFoundError):
            return f"{name}-{version(name)}-{platform.machine()}"
    return "none"


# A verdict that may differ next time (a busy machine, little memory) is not stored.
_UNSURE = "?"
_DEADLY = "corrupt or hostile model"


def _try(content: bytes) -> str:
    verdict = _in_child(content, dict(os.environ))
    if verdict.startswith(_DEADLY) and _has_library():
        # Was it the library's fault?
        without = _in_child(content, os.environ | {VARIABLE: "interpreter"})
        verdict = without if without == INTERPRETED else verdict
    return verdict


def _in_child(content: bytes, environment: dict[str, str]) -> str:
    # -P removes the current folder, where a stranger's numpy.py may lie, from the child's search path.
    command = [sys.executable or "python3", "-P", "-m", "ddsp_fx.inference.trial_child"]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=LIMIT_S, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"{_UNSURE}the model did not finish its first steps within {LIMIT_S:g} s, so it is not loaded"
    except OSError as error:
        reason = error.strerror or error
        return f"{_UNSURE}the model cannot be tried in a child process ({reason}); fix that and load it again"
    words = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode == 0:
        return COMPILED if words == COMPILED else INTERPRETED
    if done.returncode == 1 and words:
        return _UNSURE + words
    return f"{_DEADLY}: the process that tried it {_end(done.returncode)}; reinstall its bundle"


def _end(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _remembered(path: Path) -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return None


def _remember(path: Path, verdict: str) -> None:
    """Store a verdict. If the folder is not writable, the trial is repeated each time."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = path.with_name(f".{path.name}.{hashlib.sha256(verdict.encode()).hexdigest()[:8]}")
        staging.write_text(verdict, encoding="utf-8")
        staging.replace(path)
