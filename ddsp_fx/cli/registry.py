# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands by name, all from entry point group `ddsp_fx.commands`, built-in ones too: name = "package.module".

The module has a docstring, whose first line is the command's summary in `ddsp-fx --help`, and two functions:
`add_arguments(parser)` and `run(arguments) -> exit code`. It is imported only when its command is chosen. For the help,
the docstring is read from the file, so that `ddsp-fx --help` costs the same whatever is installed.
"""

from __future__ import annotations

import ast
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ddsp_fx.errors import DdspFxError
from ddsp_fx.extensions import Door, by_name, own_points

COMMANDS = Door("ddsp_fx.commands", "command")
# The order in the help; other packages' commands come last.
ORDER = (
    "apply", "play", "compare", "list", "info", "serve", "vst", "daw", "train", "evaluate", "validate",
    "demo", "gallery", "completion",
)  # fmt: skip


def commands(chosen: str = "") -> dict[str, EntryPoint]:
    """Command name -> its entry point, in the order of the help; without other packages' if `chosen` is our own."""
    points = own_points(COMMANDS.group)
    if chosen not in points:
        points = by_name(COMMANDS.group)
    first = [name for name in ORDER if name in points]
    return {name: points[name] for name in [*first, *sorted(points.keys() - set(first))]}


def summary(point: EntryPoint) -> str:
    """The first line of the module's docstring, read without importing it; empty if it cannot be read."""
    try:
        tree = ast.parse(_source(point.value).read_text(encoding="utf-8"))
    except Exception:  # a broken package must not hide the help of the others
        return ""
    return (ast.get_docstring(tree, clean=False) or "").strip().partition("\n")[0].rstrip(".")


def _source(module: str) -> Path:
    package, *rest = module.split(".")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(package)
    if not rest:
        return Path(spec.origin)
    path = Path(spec.origin).parent.joinpath(*rest)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def load_command(point: EntryPoint) -> Any:
    """The command's module; raises MissingExtraError, or DdspFxError if its package is broken."""
    module = COMMANDS.open(point)
    for name in ("add_arguments", "run"):
        if not callable(getattr(module, name, None)):
            raise DdspFxError(f"the command {point.name!r} from {point.value} has no {name}(); update its package")
    return module
