# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx gallery`: every demonstration of the DDSP paper, made with the installed effects, on one page."""

from ddsp_fx.cli.gallery.command import run

__all__ = ["run"]
