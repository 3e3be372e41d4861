# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that are compiled only as parts of their callers.

numba optimises each function by itself, makes machine code of it, and does both again inside each caller. For the stage
of timbre transfer, 70 functions one inside the other, that took 39 s. A part stays as it is until its stage is
optimised as a whole: 13 s, a quarter of the cache, and the same speed.

This uses inner classes of numba. Where they are not as expected, parts are compiled like other functions.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _PartLibrary(JITCodeLibrary):  # type: ignore[misc]
    """Code that is linked into other libraries and never runs from here."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _PartCompiler(Compiler):  # type: ignore[misc]
    def __init__(  # noqa: PLR0913, PLR0917
        self, typing: Any, target: Any, _library: Any, args: Any, returns: Any, flags: Any, local_types: Any
    ) -> None:
        flags.no_compile = True
        library = _PartLibrary(target.codegen(), "part")
        super().__init__(typing, target, library, args, returns, flags, local_types)


# Without the forms for callers in Python and C; taking a state of many arrays apart is most of what they do.
OPTIONS = {"pipeline_class": _PartCompiler, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_KNOWN = all(hasattr(JITCodeLibrary, name) for name in ("_optimize_final_module", "_finalize_final_module"))


def options() -> dict[str, Any]:
    """Of `njit`, for a part."""
    return OPTIONS if _KNOWN else {}


def become_part(dispatcher: Any) -> None:
    """Prepare a function of numba, made with these options, to be compiled."""
    if not _KNOWN:
        return

    def add(result: Any) -> None:
        # Callers find a function by its entry point, of which a part has none.
        part = result._replace(entry_point=object())
        dispatcher.overloads[tuple(result.signature.args)] = part
        dispatcher.targetctx.insert_user_function(part.entry_point, part.fndesc, [part.library])

    dispatcher.add_overload = add
