# SPDX-License-Identifier: GPL-3.0-or-later
"""pedalboard's own plugins and the VST3s it loads, behind the contract of an Effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ddsp_fx.effects.base import Effect
from ddsp_fx.effects.offline import Audio
from ddsp_fx.effects.parameters import Value, unknown_parameter
from ddsp_fx.errors import BoardError, ParameterError

# A plugin with latency buffers in blocks of its own; fed anything but one fixed size, its output depends on the split.
LATENT_BLOCK = 512
LONGEST_BLOCK = 8192
# Longest start-up measured: PitchShift withholds its first 1.03 s at 48 kHz.
PROBE_S = 4.0
TAIL_CAP_S = 30.0
SILENCE = 10.0 ** (-100.0 / 20.0)


class NativeRun(Effect):
    """Consecutive native plugins in one pedalboard call.

    Args:
        plugins: pedalboard plugins without latency, or exactly one that has latency.
        sample_rate, channels: what latency and tail are measured at.
    """

    kind: ClassVar[str] = "native"

    def __init__(self, plugins: Sequence[Any], latency: int) -> None:
        super().__init__()
        import pedalboard

        self._board: Any = pedalboard.Pedalboard(list(plugins))
        self._fixed = latency > 0
        self._latency = latency + (LATENT_BLOCK if self._fixed else 0)
        self._tail = 0
        self._name = " | ".join(type(plugin).__name__ for plugin in plugins)

    @property
    def latency_samples(self) -> int:
        return self._latency

    @property
    def tail_samples(self) -> int:
        return self._tail

    def _prepare(self) -> None:
        self._tail = self._measure_tail()

    @property
    def _block_size(self) -> int:
        return LATENT_BLOCK if self._fixed else LONGEST_BLOCK

    def _run(self, block: Audio) -> Audio:
        out: Audio = self._board.process(block, self.sample_rate, buffer_size=self._block_size, reset=False)
        return out

    def _clear(self) -> None:
        """A block longer than every earlier one wipes a plugin's state, so the longest comes first, silent.

        It is as long at every host block size: a chorus has moved on by the same phase wherever it is rendered.
        """
        for plugin in self._board:
            plugin.reset()
        if not self._fixed:
            self._run(np.zeros((self.channels, LONGEST_BLOCK), np.float32))

    def _reset(self) -> None:
        self._clear()
        self._waiting = np.zeros((self.channels, 0), np.float32)
        self._ready = np.zeros((self.channels, self._latency), np.float32)

    def _process(self, block: Audio) -> Audio:
        if not self._fixed:
            return self._run_in_pieces(block)
        self._waiting = np.concatenate([self._waiting, block], axis=1)
        while self._waiting.shape[1] >= LATENT_BLOCK:
            done = self._run(np.ascontiguousarray(self._waiting[:, :LATENT_BLOCK]))
            self._ready = np.concatenate([self._ready, done], axis=1)
            self._waiting = self._waiting[:, LATENT_BLOCK:]
        n = block.shape[1]
        out, self._ready = self._ready[:, :n], self._ready[:, n:]
        return out

    def _run_in_pieces(self, block: Audio) -> Audio:
        if block.shape[1] <= LONGEST_BLOCK:
            return self._run(block)
        starts = range(0, block.shape[1], LONGEST_BLOCK)
        pieces = [self._run(np.ascontiguousarray(block[:, s : s + LONGEST_BLOCK])) for s in starts]
        return np.concatenate(pieces, axis=1)

    def _measure_tail(self) -> int:
        """Samples until a noise burst has fallen below -100 dBFS; 0 for what never falls (a generator has no tail)."""
        self._clear()
        size = self._block_size
        burst = np.random.default_rng(0).uniform(-0.5, 0.5, (self.channels, size)).astype(np.float32)
        for _ in range(max(1, int(0.1 * self.sample_rate / size))):
            self._run(burst)
        silence = np.zeros((self.channels, size), np.float32)
        last, position, cap = 0, 0, int(TAIL_CAP_S * self.sample_rate)
        while position < cap and position - last < self.sample_rate:
            loud = np.flatnonzero(np.abs(self._run(silence)).max(axis=0, initial=0.0) > SILENCE)
            last = position + int(loud[-1]) + 1 if loud.size else last
            position += size
        return last if position < cap else 0


def measure_latency(plugin: Any, sample_rate: float, channels: int) -> int:
    """Samples that pedalboard withholds for good when it streams this plugin in blocks of LATENT_BLOCK."""
    import pedalboard

    board: Any = pedalboard.Pedalboard([plugin])
    silence = np.zeros((channels, LATENT_BLOCK), np.float32)
    pushed = returned = steady = 0
    while steady < 8 and pushed < PROBE_S * sample_rate:
        out = board.process(silence, sample_rate, buffer_size=LATENT_BLOCK, reset=False)
        pushed, returned = pushed + LATENT_BLOCK, returned + out.shape[1]
        # Rate converters return 511 or 513 now and then; eight full blocks in a row mean that start-up is over.
        steady = steady + 1 if out.shape[1] >= LATENT_BLOCK - 1 else 0
    plugin.reset()
    return int(pushed - returned)


def is_native(plugin: object) -> bool:
    """True for anything that pedalboard itself would process."""
    from pedalboard import Plugin

    return isinstance(plugin, Plugin)


def native_symbols(plugin: Any) -> list[str]:
    """The parameters that can be set on a native plugin, by name."""
    if hasattr(plugin, "parameters"):
        return sorted(plugin.parameters)
    members = ((name, getattr(type(plugin), name, None)) for name in dir(type(plugin)))
    return sorted(n for n, m in members if isinstance(m, property) and m.fset and not n.startswith("_"))


def native_values(plugin: Any) -> dict[str, Value]:
    """The parameters of a native plugin that are plain values."""
    values = {symbol: getattr(plugin, symbol) for symbol in native_symbols(plugin)}
    return {s: v for s, v in values.items() if isinstance(v, (bool, int, float, str))}


def set_native(plugin: Any, symbol: str, value: Value) -> None:
    """Set a parameter, checked first: pedalboard takes a wrong name on a loaded VST3 without a word.

    Raises UnknownParameterError or ParameterError.
    """
    name = type(plugin).__name__
    if symbol not in native_symbols(plugin):
        raise unknown_parameter(name, symbol, native_symbols(plugin))
    try:
        setattr(plugin, symbol, value)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"{name}.{symbol} = {value!r} was refused: {str(error).splitlines()[0]}") from None


def make_native(class_name: str, values: dict[str, Value]) -> Any:
    """A pedalboard plugin by class name, with parameters; raises BoardError, UnknownParameterError, ParameterError."""
    import pedalboard

    kind = getattr(pedalboard, class_name, None)
    if not (isinstance(kind, type) and issubclass(kind, pedalboard.Plugin)):
        raise BoardError(f"pedalboard has no plugin {class_name!r}")
    try:
        plugin = kind()
    except TypeError:
        return _construct(kind, values)
    for symbol, value in values.items():
        set_native(plugin, symbol, value)
    return plugin


def _construct(kind: Any, values: dict[str, Value]) -> Any:
    """For plugins that need an argument to exist at all, such as Convolution's impulse response."""
    try:
        return kind(**values)
    except (TypeError, ValueError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        raise ParameterError(f"{kind.__name__} cannot be made with {values}: {first}") from None
