# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the server's optional packages are installed."""

from __future__ import annotations

from ddsp_fx.errors import MissingExtraError


def check_extra() -> None:
    """Raises MissingExtraError."""
    try:
        import aiohttp  # noqa: F401
        import pythonosc  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f'serve needs {error.name}: pip install "ddsp-fx[serve]"') from None
