# SPDX-License-Identifier: GPL-3.0-or-later
"""Every audio class that pedalboard exports, with other values than its defaults."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pedalboard
from hypothesis import strategies as st

from ddsp_fx.board.native import native_classes

# Refused, because pedalboard loses the audio they hold back between blocks.
UNSTREAMABLE = ("GSMFullRateCompressor", "PitchShift")

# Every settable property of every class; test_every_property_has_values fails if one is missing.
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Bitcrush": {"bit_depth": st.floats(2, 16, width=32)},
    "BrickwallLimiter": {
        "ceiling_db": st.floats(-20, 0, width=32),
        "lookahead_ms": st.floats(0.5, 20, width=32),
        "release_ms": st.floats(1, 300, width=32),
        "true_peak": st.booleans(),
    },
    "Chorus": {
        "rate_hz": st.floats(0.125, 8, width=32),
        "depth": st.floats(0, 1, width=32),
        "centre_delay_ms": st.floats(1, 20, width=32),
        "feedback": st.floats(-0.5, 0.5, width=32),
        "mix": st.floats(0, 1, width=32),
    },
    "Clipping": {"threshold_db": st.floats(-30, 0, width=32)},
    "Compressor": {
        "threshold_db": st.floats(-40, 0, width=32),
        "ratio": st.floats(1, 20, width=32),
        "attack_ms": st.floats(0.125, 50, width=32),
        "release_ms": st.floats(1, 300, width=32),
    },
    "Convolution": {"mix": st.floats(0, 1, width=32)},
    "Delay": {
        "delay_seconds": st.floats(0, 0.25, width=32),
        "feedback": st.floats(0, 0.5, width=32),
        "mix": st.floats(0, 1, width=32),
    },
    "Distortion": {"drive_db": st.floats(-10, 40, width=32)},
    "GSMFullRateCompressor": {"quality": st.sampled_from(list(pedalboard.Resample.Quality.__members__))},
    "Gain": {"gain_db": st.floats(-40, 20, width=32)},
    "HighpassFilter": {"cutoff_frequency_hz": st.floats(20, 5000, width=32)},
    "Invert": {},
    "LadderFilter": {
        "mode": st.sampled_from(list(pedalboard.LadderFilter.Mode.__members__)),
        "cutoff_hz": st.floats(50, 5000, width=32),
        "resonance": st.floats(0, 0.75, width=32),
        "drive": st.floats(1, 10, width=32),
    },
    "Limiter": {"threshold_db": st.floats(-30, 0, width=32), "release_ms": st.floats(1, 300, width=32)},
    "LowpassFilter": {"cutoff_frequency_hz": st.floats(20, 5000, width=32)},
    "MP3Compressor": {"vbr_quality": st.floats(0, 9.5, width=32)},
    "NoiseGate": {
        "threshold_db": st.floats(-60, 0, width=32),
        "ratio": st.floats(1, 20, width=32),
        "attack_ms": st.floats(0.125, 50, width=32),
        "release_ms": st.floats(1, 300, width=32),
    },
    "Phaser": {
        "rate_hz": st.floats(0.125, 8, width=32),
        "depth": st.floats(0, 1, width=32),
        "centre_frequency_hz": st.floats(200, 3000, width=32),
        "feedback": st.floats(-0.5, 0.5, width=32),
        "mix": st.floats(0, 1, width=32),
    },
    "PitchShift": {"semitones": st.floats(-12, 12, width=32)},
    "Resample": {
        "target_sample_rate": st.sampled_from([4000.0, 8000.0, 22050.0, 31234.5, 44100.0, 96000.0]),
        "quality": st.sampled_from(list(pedalboard.Resample.Quality.__members__)),
    },
    "Reverb": {
        **{name: st.floats(0, 1, width=32) for name in ("room_size", "damping", "wet_level", "dry_level", "width")},
        "freeze_mode": st.just(0.0),
    },
}
SHELF = {
    "cutoff_frequency_hz": st.floats(50, 8000, width=32),
    # Shelves store a 32-bit factor, so only decimal numbers as people write them come back exactly.
    "gain_db": st.integers(-2000, 2000).map(lambda hundredths: hundredths / 100),
    "q": st.floats(0.25, 4, width=32),
}
VALUES |= dict.fromkeys(("HighShelfFilter", "LowShelfFilter", "PeakFilter"), SHELF)


def response() -> np.ndarray:
    decay = np.exp(-np.arange(3000) / 600.0)
    return (np.random.default_rng(3).standard_normal((2, 3000)) * decay).astype(np.float32)


def make(name: str, values: dict[str, Any]) -> Any:
    """A plugin with these values; choices by name."""
    kind = native_classes()[name]
    plugin = kind(response(), sample_rate=44100.0) if name == "Convolution" else kind()
    for symbol, value in values.items():
        before = getattr(plugin, symbol)
        setattr(plugin, symbol, type(before).__members__[value] if isinstance(value, str) else value)
    return plugin


Maker = Callable[[], Any]


def makers(names: list[str]) -> st.SearchStrategy[Maker]:
    """Makers of a plugin of one of the classes; each can make the same plugin twice."""
    one = st.sampled_from(names).flatmap(lambda name: st.fixed_dictionaries(VALUES[name]).map(lambda v: (name, v)))
    return one.map(lambda spec: lambda: make(*spec))


def racks(names: list[str]) -> st.SearchStrategy[Maker]:
    """Plugins, chains and mixes of them, and nested ones."""

    def grown(inner: st.SearchStrategy[Maker]) -> st.SearchStrategy[Maker]:
        kinds = st.sampled_from([pedalboard.Chain, pedalboard.Mix, pedalboard.Pedalboard])
        parts = st.lists(st.one_of(inner, st.just(lambda: None)), min_size=1, max_size=3)
        return st.tuples(kinds, parts).map(lambda spec: lambda: spec[0]([part() for part in spec[1]]))

    return st.recursive(makers(names), grown, max_leaves=4)
