# SPDX-License-Identifier: GPL-3.0-or-later
"""No parameter of any kind of effect clicks: each jumps from end to end while a tone sounds.

A click has a wide band, and the tone has not: whatever a jump adds above 12 kHz is the click. Ramps of 20 ms leave -68
dB there, a bare jump about -8 dB. The parameters come from the declarations, so a new one is tested automatically.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support import Audio, fake_decoder

from ddsp_fx.board import Board
from ddsp_fx.bundles.kinds import KINDS, effect_kind
from ddsp_fx.dsp import _ramp_kernel
from ddsp_fx.dsp.state import new
from ddsp_fx.effects import Effect, Parameter, Source, Trained
from ddsp_fx.effects.adapters import DryWet
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.parameters import Value

RATE, BLOCK = 48000, 480
SETTLED, HELD, BEFORE = int(0.8 * RATE), int(1.2 * RATE), RATE // 5
# Relative to the loudest sample on either side of the jump.
ALLOWED_DB = -50.0


# Other settings that make a parameter audible.
CONTEXT: dict[str, dict[str, Value]] = {
    "autotune_key": {"autotune": 1.0, "autotune_scale": "major"},
    "autotune_scale": {"autotune": 1.0, "autotune_key": "C#"},
    "timbre_transfer-gate": {"gate_follows": False},
    "timbre_transfer-gate_follows": {"gate": 0.0},
    "dereverb-gate": {"method": "resynthesise", "gate_follows": False},
    "dereverb-gate_follows": {"method": "resynthesise", "gate": 0.0},
    "dereverb-noise_gain": {"method": "resynthesise"},
}


def _source(room: Path, noise: float = 0.0) -> Source:
    trained = Trained(level="power", f0_min_hz=400.0, f0_max_hz=900.0)
    return Source({"room": room}, trained, runner=fake_decoder(noise=noise), label="fake")


def _of_kind(kind: str) -> Callable[[Source], Effect]:
    return lambda source: effect_kind(kind).from_source(source)


EFFECTS: dict[str, Callable[[Source], Effect]] = {
    **{kind: _of_kind(kind) for kind in KINDS.names()},
    "dry_wet": lambda source: DryWet(LearnedReverb.from_source(source)),
    "board": lambda source: Board([LearnedReverb.from_source(source)]),
}


def _ends(p: Parameter) -> Iterator[tuple[Value, Value]]:
    """Every jump between choices, or from end to end and back."""
    values = p.choices or ((False, True) if p.scale == "toggle" else (p.minimum, p.maximum))
    yield from itertools.permutations(values[:3], 2)


CASES = [
    pytest.param(name, symbol, ends, id=f"{name}-{symbol}-{ends[0]}-{ends[1]}")
    for name, make in EFFECTS.items()
    for symbol, parameter in make(_source(Path("unopened"))).parameters.items()
    for ends in _ends(parameter)
]


def _high_pass() -> np.ndarray:
    """255 taps, 12 kHz at RATE, below -75 dB under 11 kHz (Blackman)."""
    n = np.arange(255) - 127
    low = np.sinc(0.5 * n) * 0.5 * np.blackman(255)
    return (n == 0) - low / low.sum()


def thrown(effect: Effect, symbol: str, before: Value, after: Value) -> Audio:
    """A sine, a quarter tone off key, with the jump 0.2 s after the start of the result."""
    effect.set_value(symbol, before)
    effect.prepare(RATE, BLOCK, 2)
    sine = np.sin(2 * np.pi * 226.0 * np.arange(SETTLED + HELD) / RATE)
    # The voicing gate only acts on a voice of doubtful pitch.
    sine += (0.4 if symbol == "voicing" else 0.0) * np.random.default_rng(0).standard_normal(sine.shape)
    audio = np.repeat(0.3 * sine[np.newaxis], 2, axis=0).astype(np.float32)
    blocks = []
    for start in range(0, audio.shape[1], BLOCK):
        if start == SETTLED:
            effect.set_value(symbol, after)
        blocks.append(effect.process_block(audio[:, start : start + BLOCK]))
    return np.concatenate(blocks, axis=1)[:, SETTLED - BEFORE :]


def click_db(out: Audio) -> float:
    """How far a jump stands out above 12 kHz from the sound before and after it, relative to the loudest sample."""
    high = np.abs(np.stack([np.convolve(channel, _high_pass(), "same") for channel in out])).max(axis=0)
    steady = max(high[1000 : BEFORE - 1000].max(), high[-BEFORE:-1000].max())
    during = high[BEFORE - 1000 : -BEFORE].max()
    return float(20 * np.log10(max(during - steady, 1e-12) / np.abs(out).max()))


def case(name: str, symbol: str, ends: tuple[Value, Value], room_file: Path) -> Audio:
    """The sound of one jump."""
    # Noise has a wide band, so it sounds only in its own test.
    effect = EFFECTS[name](_source(room_file, 0.01 if symbol == "noise_gain" else 0.0))
    for key in (symbol, f"{name}-{symbol}"):
        effect.set_values(CONTEXT.get(key, {}))
    return thrown(effect, symbol, *ends)


@pytest.mark.parametrize(("name", "symbol", "ends"), CASES)
def test_a_throw_does_not_click(name: str, symbol: str, ends: tuple[Value, Value], room_file: Path) -> None:
    out = case(name, symbol, ends, room_file)
    assert click_db(out) < ALLOWED_DB


@pytest.mark.parametrize(("name", "symbol"), sorted({(name, symbol) for name, symbol, _ in (c.values for c in CASES)}))
def test_the_throws_are_heard(name: str, symbol: str, room_file: Path) -> None:
    """A jump that changes nothing would prove nothing: CONTEXT makes each parameter audible."""
    throws = [c.values[2] for c in CASES if c.values[:2] == (name, symbol)]
    change = [case(name, symbol, e, room_file) - case(name, symbol, (e[0], e[0]), room_file) for e in throws]
    assert max(np.abs(d[:, -BEFORE:]).max() for d in change) > 1e-3


@pytest.mark.parametrize("symbol", ["mix", "output_gain"])
def test_the_measure_hears_a_bare_jump(symbol: str, room_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ramp_kernel, "new_ramp", lambda rate_hz: new(_ramp_kernel.Ramp, length=1))
    throws = [case("learned_reverb", symbol, ends, room_file) for ends in _ends(LearnedReverb.parameters[symbol])]
    assert max(map(click_db, throws)) > ALLOWED_DB + 15
