# SPDX-License-Identifier: GPL-3.0-or-later
"""LiteRT's C library, which the wheel of ai-edge-litert holds beside its Python module, through ctypes.

Its symbols are versioned VERS_1.0 in every wheel, yet the one that opens a model got another argument in 2.1.6. So only
the releases in `KNOWN` are used, each compared with the interpreter (docs/measurements.md). With any other, and with
tflite-runtime, models are run by the interpreter.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import ExitStack
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_void_p
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "ai-edge-litert"
# 2.1.5 is the first that leaves stderr clean if asked to. 2.1.0 to 2.1.4 give the same numbers, and four to nine lines
# of log for each model; some look for GPUs. Before 2.1, functions that we need are missing.
KNOWN = ("2.1.5", "2.1.6", "2.2.0", "2.3.0")
_MODEL_WITHOUT_ENVIRONMENT = ("2.1.5",)
# An environment variable; "interpreter" keeps the library out, to find out whether it is to blame.
VARIABLE = "DDSP_FX_LITERT"

_HANDLE = POINTER(c_void_p)
_SIZE = POINTER(c_size_t)
_TEXT = POINTER(c_char_p)
# Arguments of each function. All return a status, 0 for success, except LiteRtDestroy..., which return nothing.
_ARGUMENTS: dict[str, list[Any]] = {
    "LiteRtCreateEnvironment": [c_int, c_void_p, _HANDLE],
    "LiteRtDestroyEnvironment": [c_void_p],
    "LiteRtCreateModelFromBuffer": [c_void_p, c_void_p, c_size_t, _HANDLE],
    "LiteRtDestroyModel": [c_void_p],
    "LiteRtCreateOptions": [_HANDLE],
    "LiteRtSetOptionsHardwareAccelerators": [c_void_p, c_int],
    "LiteRtDestroyOptions": [c_void_p],
    "LiteRtCreateCompiledModel": [c_void_p, c_void_p, c_void_p, _HANDLE],
    "LiteRtDestroyCompiledModel": [c_void_p],
    "LiteRtGetNumModelSignatures": [c_void_p, _SIZE],
    "LiteRtGetModelSignature": [c_void_p, c_size_t, _HANDLE],
    "LiteRtGetSignatureKey": [c_void_p, _TEXT],
    "LiteRtGetNumSignatureInputs": [c_void_p, _SIZE],
    "LiteRtGetNumSignatureOutputs": [c_void_p, _SIZE],
    "LiteRtGetSignatureInputName": [c_void_p, c_size_t, _TEXT],
    "LiteRtGetSignatureOutputName": [c_void_p, c_size_t, _TEXT],
    "LiteRtGetSignatureInputTensorByIndex": [c_void_p, c_size_t, _HANDLE],
    "LiteRtGetSignatureOutputTensorByIndex": [c_void_p, c_size_t, _HANDLE],
    "LiteRtGetTensorName": [c_void_p, _TEXT],
    "LiteRtGetRankedTensorType": [c_void_p, c_void_p],
    "LiteRtCreateTensorBufferFromHostMemory": [c_void_p, c_void_p, c_size_t, c_void_p, _HANDLE],
    "LiteRtDestroyTensorBuffer": [c_void_p],
    "LiteRtRunCompiledModel": [c_void_p, c_size_t, c_size_t, c_void_p, c_size_t, c_void_p],
}
_FILE_NAMES = {"win32": "libLiteRt.dll", "darwin": "libLiteRt.dylib"}


class LibraryError(Exception):
    """The library is of no use, or refuses a model; the message says why. Whoever gets it takes the interpreter."""


class Library:
    """The functions, named without their prefix `LiteRt`.

    Args:
        path: the shared library.
        release: the version of the wheel, which decides the functions' arguments.

    Raises LibraryError if it can't be loaded or a function is missing.
    """

    def __init__(self, path: Path, release: str) -> None:
        self.release = release
        self._functions: dict[str, Any] = {}
        try:
            library = ctypes.CDLL(str(path))
            for name, arguments in _ARGUMENTS.items():
                function = self._functions[name.removeprefix("LiteRt")] = getattr(library, name)
                function.argtypes = arguments
                function.restype = None if name.startswith("LiteRtDestroy") else c_int
        except (OSError, AttributeError) as error:
            raise LibraryError(f"{path.name} of {PACKAGE} {release}: {error}") from None
        if release in _MODEL_WITHOUT_ENVIRONMENT:
            self._functions["CreateModelFromBuffer"].argtypes = [c_void_p, c_size_t, _HANDLE]
        self.run = self._functions["RunCompiledModel"]
        self.run_address = ctypes.cast(self.run, c_void_p).value

    def call(self, name: str, *arguments: Any) -> None:
        """Raises LibraryError that names the function and its status."""
        status = self._functions[name](*arguments)
        if status:
            raise LibraryError(f"LiteRt{name} gave status {status}")

    def handle(self, name: str, *arguments: Any) -> int:
        """The handle that a function makes through its last argument."""
        made = c_void_p()
        self.call(name, *arguments, ctypes.byref(made))
        if not made.value:
            raise LibraryError(f"LiteRt{name} gave no handle")
        return made.value

    def size(self, name: str, *arguments: Any) -> int:
        """The size that a function gives through its last argument."""
        found = c_size_t()
        self.call(name, *arguments, ctypes.byref(found))
        return found.value

    def text(self, name: str, *arguments: Any) -> str:
        """The text that a function gives through its last argument."""
        found = c_char_p()
        self.call(name, *arguments, ctypes.byref(found))
        return (found.value or b"").decode("utf-8", "replace")

    def made(self, owner: ExitStack, kind: str, name: str, *arguments: Any) -> int:
        """A handle of that kind, which `owner` gives back."""
        handle = self.handle(name, *arguments)
        owner.callback(self._functions[f"Destroy{kind}"], handle)
        return handle

    def open_model(self, owner: ExitStack, environment: int, address: int, size: int) -> int:
        """A model from bytes in memory, which must stay there for as long as it does."""
        first = () if self.release in _MODEL_WITHOUT_ENVIRONMENT else (environment,)
        return self.made(owner, "Model", "CreateModelFromBuffer", *first, address, size)


def library() -> Library:
    """The library of the installed wheel; raises LibraryError with the reason why the interpreter has to do."""
    if os.environ.get(VARIABLE) == "interpreter":
        raise LibraryError(f"the environment variable {VARIABLE} asks for the interpreter")
    found = _installed()
    if isinstance(found, str):
        raise LibraryError(found)
    return found


@cache
def _installed() -> Library | str:
    try:
        release = version(PACKAGE)
        # The folder, without the module's own 18 MB of C code.
        spec = find_spec("ai_edge_litert")
    except (PackageNotFoundError, ImportError, ValueError):
        return f"{PACKAGE} is not installed"
    if release not in KNOWN:
        return f"{PACKAGE} {release} is not one of the releases whose C functions are known ({', '.join(KNOWN)})"
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders or []), "")) / _FILE_NAMES.get(sys.platform, "libLiteRt.so")
    if not path.is_file():
        return f"the wheel of {PACKAGE} {release} has no {path.name}"
    try:
        return Library(path, release)
    except LibraryError as error:
        return str(error)
