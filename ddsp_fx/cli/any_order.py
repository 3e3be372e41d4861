# SPDX-License-Identifier: GPL-3.0-or-later
"""Positional arguments and options in any order."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class AnyOrder(argparse.ArgumentParser):
    """A command's parser that takes options between its words: `apply *.wav --to wet violin-room`.

    argparse alone stops counting words at the first option. A parser with commands of its own is left as it is.
    """

    _is_inside = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse has it."""
        nested = any(action.nargs == argparse.PARSER for action in self._get_positional_actions())
        # After -- all are words, which Python 3.11 forgets when it takes them in any order.
        if self._is_inside or nested or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._is_inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_inside = False
