# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out figures of a resynthesis; `ddsp_fx.analysis.resynthesis_figures` defines them."""

from ddsp_fx.analysis.resynthesis_figures import compare

__all__ = ["compare"]
