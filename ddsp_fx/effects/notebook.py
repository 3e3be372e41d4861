# SPDX-License-Identifier: GPL-3.0-or-later
"""How an effect looks in a notebook: its parameters as a table, and the waveform of its last render."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ddsp_fx.effects.parameters import Parameter, Value


class Shown(Protocol):
    """The part of an effect that is shown."""

    @property
    def parameters(self) -> Mapping[str, Parameter]: ...
    def get_value(self, symbol: str) -> Value: ...


# As wide as a notebook's cell on a small screen; what is kept of a render is two numbers for each.
COLUMNS, _HEIGHT = 600, 96
_HEAD = "<tr><th>parameter</th><th>value</th><th>range</th><th>what it does</th></tr>"


def effect_html(effect: Shown) -> str:
    """A caption and a row per parameter; values that differ from the default are bold. Below it the last render."""
    rows = []
    for symbol, p in effect.parameters.items():
        value = effect.get_value(symbol)
        text = escape(p.text(value))
        shown = text if value == p.default else f"<b>{text}</b>"
        span = escape(p.range_text.removeprefix("the range is "))
        rows.append(
            f"<tr><td>{symbol}</td><td>{shown}</td><td>{span}</td><td>{escape(p.description or p.name)}</td></tr>"
        )
    return f"<table><caption>{escape(repr(effect))}</caption>{_HEAD}{''.join(rows)}</table>{_waveform(effect)}"


@dataclass(frozen=True)
class Envelope:
    """What is kept of a render: the extremes of all channels in each of at most COLUMNS stretches of equal length.

    Args:
        lowest, highest: (columns,).
        seconds, sample_rate: of the render, the rate in Hz.
    """

    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    seconds: float
    sample_rate: float

    @classmethod
    def of(cls, audio: NDArray[np.float32], sample_rate: float) -> Self | None:
        """Of (channels, samples); None of no samples. A minute of stereo takes about a millisecond; 5 kB stay."""
        samples = audio.shape[1]
        if not samples:
            return None
        columns = min(COLUMNS, samples)
        starts = np.arange(columns) * samples // columns
        lowest = np.minimum.reduceat(audio, starts, axis=1).min(axis=0)
        highest = np.maximum.reduceat(audio, starts, axis=1).max(axis=0)
        return cls(lowest, highest, samples / sample_rate, sample_rate)

    @property
    def peak(self) -> float:
        """The largest sample, whatever its sign."""
        return float(max(self.highest.max(), -self.lowest.min()))

    @property
    def caption(self) -> str:
        """Length, rate and peak in words."""
        level = f"peak {20.0 * math.log10(self.peak):.1f} dBFS" if self.peak > 0.0 else "silent"
        return f"last render: {self.seconds:.2f} s at {self.sample_rate:g} Hz, {level}"

    def svg(self) -> str:
        """The waveform, as high as its peak; what stays below -140 dBFS is flat."""
        scale = (_HEIGHT / 2 - 1) / max(self.peak, 1e-7)
        upper = [f"{x},{_HEIGHT / 2 - scale * y:.1f}" for x, y in enumerate(self.highest)]
        # A silent stretch is a line half a pixel high, not nothing.
        lower = [f"{x},{_HEIGHT / 2 - scale * y + 0.5:.1f}" for x, y in enumerate(self.lowest)]
        points = " ".join(upper + lower[::-1])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(upper)} {_HEIGHT}" preserveAspectRatio="none" '
            f'width="{COLUMNS}" height="{_HEIGHT}"><polygon fill="#4c78a8" points="{points}"/></svg>'
        )


def _waveform(effect: Shown) -> str:
    last: Envelope | None = getattr(effect, "_last_render", None)
    if last is None:
        return ""
    # As an image: notebooks that are not trusted drop a bare <svg>.
    data = base64.b64encode(last.svg().encode("ascii")).decode("ascii")
    image = f'<img alt="waveform" src="data:image/svg+xml;base64,{data}"/>'
    return f"<figure>{image}<figcaption>{last.caption}</figcaption></figure>"
