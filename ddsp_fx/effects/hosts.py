# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies above the library and runs an effect in another guise, found by entry point when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ddsp_fx.errors import DdspFxError, MissingExtraError
from ddsp_fx.extensions import by_name

if TYPE_CHECKING:
    from ddsp_fx.effects.base import Effect

GROUP = "ddsp_fx.hosts"


def hosted(effect: Effect, host: str) -> Any:
    """The effect as that host has it; raises MissingExtraError where nobody offers it, and what the host raises."""
    if point := by_name(GROUP).get(host):
        try:
            make = point.load()
        except MissingExtraError:
            raise
        except Exception as error:
            raise DdspFxError(
                f"the host {host!r} cannot be loaded from {point.value}: {error}; reinstall its package"
            ) from error
        return make(effect)
    raise MissingExtraError(f'no installed package offers a {host!r} host; pip install "ddsp-fx[serve]" brings it')
