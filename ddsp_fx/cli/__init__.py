# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `ddsp-fx apply | list | info | validate | evaluate | demo | gallery | train`."""

from ddsp_fx.cli.main import main

__all__ = ["main"]
