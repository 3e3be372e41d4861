# SPDX-License-Identifier: GPL-3.0-or-later
"""A parser that accepts positional arguments and options in any order."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class AnyOrder(argparse.ArgumentParser):
    """A command's parser that accepts options between words: `apply *.wav --to wet violin-room`.

    argparse itself stops collecting words at the first option. A parser with subcommands is left unchanged.
    """

    _is_inside = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Like argparse's."""
        nested = any(action.nargs == argparse.PARSER for action in self._get_positional_actions())
        # After -- everything is a word; Python 3.11's parse_intermixed_args does not honour that.
        if self._is_inside or nested or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._is_inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_inside = False
