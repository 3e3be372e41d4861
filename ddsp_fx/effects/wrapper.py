# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of effects around one other effect."""

from __future__ import annotations

from ddsp_fx.array_types import Audio
from ddsp_fx.effects.base import Effect, Layout
from ddsp_fx.effects.parameters import Value
from ddsp_fx.effects.smoothed import SmoothedEffect


class Wrapper(SmoothedEffect):
    """Exposes the inner effect's parameters as its own: by get_value, by set_value and as attributes."""

    def __init__(self, inner: Effect, **values: Value) -> None:
        self._inner = inner
        self._inner_layout: Layout = (0.0, 0, 0)
        super().__init__()
        object.__setattr__(self, "parameters", {**inner.parameters, **type(self).parameters})
        self._name = inner.name
        self.set_values(values)

    def __repr__(self) -> str:
        """Code that recreates it, around that of the inner effect."""
        own = [f"{s}={self.get_value(s)!r}" for s, p in type(self).parameters.items() if self.get_value(s) != p.default]
        return f"{type(self).__name__}({', '.join([repr(self._inner), *self._arguments(), *own])})"

    def _arguments(self) -> tuple[str, ...]:
        """The text of the arguments between the inner effect and the parameters."""
        return ()

    @property
    def inner(self) -> Effect:
        """The wrapped effect."""
        return self._inner

    def get_value(self, symbol: str) -> Value:
        return super().get_value(symbol) if symbol in type(self).parameters else self._inner.get_value(symbol)

    def set_value(self, symbol: str, value: Value) -> None:
        if symbol in type(self).parameters:
            super().set_value(symbol, value)
        else:
            self._inner.set_value(symbol, value)

    def values(self) -> dict[str, Value]:
        return {**self._inner.values(), **super().values()}

    def __setattr__(self, name: str, value: object) -> None:
        inner = self.__dict__.get("_inner")
        if inner is not None and name in inner.parameters and name not in type(self).parameters:
            inner.set_value(name, value)
        else:
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Value:
        inner = self.__dict__.get("_inner")
        if inner is not None and name in inner.parameters:
            value: Value = inner.get_value(name)
            return value
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def automation_delay(self, symbol: str) -> int:
        if symbol in type(self).parameters:
            return self.latency_samples
        return self._inner.automation_delay(symbol)

    @property
    def frame_delay_samples(self) -> int:
        return self._inner.frame_delay_samples

    @property
    def latency_samples(self) -> int:
        return self._inner.latency_samples

    @property
    def tail_samples(self) -> int:
        return self._inner.tail_samples

    def _is_stale(self) -> bool:
        return self._inner.layout != self._inner_layout or self._inner._is_stale()

    def _prepare_inner(self, sample_rate: float, max_block_size: int, channels: int) -> None:
        self._inner.prepare(sample_rate, max_block_size, channels)
        self._inner_layout = self._inner.layout

    def _adopt_edits(self) -> None:
        self._inner._adopt_edits()

    def _reset(self) -> None:
        super()._reset()
        self._inner.reset()
        self._inner_epoch = self._inner._usage.epoch

    def wait_for_responses(self, waits: bool) -> None:
        super().wait_for_responses(waits)
        self._inner.wait_for_responses(waits)

    def _through_inner(self, block: Audio) -> Audio:
        self._inner._usage.check_epoch(self._inner_epoch, self._inner.name)
        return self._inner.process_block(block)
