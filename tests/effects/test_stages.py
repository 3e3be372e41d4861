# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled stages: the same sound as in Python, the same samples in any blocks, and nothing hidden from a debugger."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ddsp_fx
from ddsp_fx.effects.base import Effect, NonFiniteAudioWarning
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.errors import ModelError
from ddsp_fx.inference import litert_c
from ddsp_fx.inference.control_model import ControlModel

RATE_HZ = 48000
STAGED = ("violin", "violin-dry", "violin-room", "saxophone")
Floats = np.ndarray[Any, np.dtype[np.float32]]


def phrase(seconds: float, rate_hz: int = RATE_HZ) -> Floats:
    """A stereo glide with a rest, a breath and a click."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(330.0 * 2.0 ** (0.5 * np.sin(2 * np.pi * 0.7 * t))) / rate_hz
    line = 0.15 * sum(np.sin(k * phase) / k for k in range(1, 11)) * ((t < 0.35) | (t > 0.45))
    line[len(t) // 10] += 0.5
    return np.stack([line, 0.7 * line]).astype(np.float32)


def in_blocks(effect: Effect, audio: Floats, sizes: list[int]) -> Floats:
    out, at, k = [], 0, 0
    while at < audio.shape[1]:
        n = sizes[k % len(sizes)]
        out.append(effect.process_block(audio[:, at : at + n]))
        at, k = at + n, k + 1
    return np.concatenate(out, axis=1)


def in_python(name: str, monkeypatch: pytest.MonkeyPatch, **values: Any) -> Effect:
    """The effect on the path of foreign trackers and models."""
    with monkeypatch.context() as patch:
        patch.setattr(ControlModel, "new_state", lambda _: None)
        effect = ddsp_fx.load(name, **values)
        effect.prepare(RATE_HZ, 1024, 2)
    assert effect._chain is None
    return effect


@pytest.mark.parametrize("name", STAGED)
def test_any_blocks_give_the_same_samples(name: str) -> None:
    effect, audio, found = ddsp_fx.load(name), phrase(0.6), []
    for sizes in ([512], [1], [37, 1, 900, 64], [8192], [1023, 1025]):
        effect.prepare(RATE_HZ, 8192, 2)
        found.append(in_blocks(effect, audio, sizes))
    for other in found[1:]:
        assert np.array_equal(found[0], other)


def assert_same_sound(found: Floats, expected: Floats) -> None:
    """The difference is 50 dB below the sound, and nowhere over 3e-3.

    It is mostly 105 dB below. But sums of a frame are taken in another order, and a level in dB is rounded once. That
    changes a model's input in its last bit, which may turn a rounding of its 8-bit sums: 5e-4 for the rest of a note.
    """
    error, peak = found - expected, max(1.0, float(np.abs(expected).max()))
    assert np.sqrt(np.mean(error**2)) < 10 ** (-50 / 20) * np.sqrt(np.mean(expected**2)) + 1e-7
    assert np.abs(error).max() < 3e-3 * peak


VALUES = {
    "violin": [
        {},
        {"mix": 0.4, "output_gain": -3.0, "room": False},
        {"pitch_shift": 7.5, "register": "match", "loudness_match": True, "gate_follows": False},
        {"autotune": 1.0, "autotune_key": "F#", "autotune_scale": "minor pentatonic", "noise_gain": -60.0},
        {"voicing": 0.0, "gate": -30.0, "harmonic_gain": 3.0, "loudness_offset": 6.0},
    ],
    "violin-dry": [{}, {"amount": 0.5, "output_gain": 6.0}, {"method": "resynthesise", "gate": -40.0}],
    "flute": [{"mix": 0.9}],
}
CASES = [(name, values) for name, choices in VALUES.items() for values in choices]


@pytest.mark.parametrize(("name", "values"), CASES, ids=[f"{name} {'+'.join(v) or 'default'}" for name, v in CASES])
def test_a_stage_sounds_like_the_same_in_python(
    name: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    audio, compiled = phrase(0.7), ddsp_fx.load(name, **values)
    compiled.prepare(RATE_HZ, 1024, 2)
    assert compiled._chain is not None
    plain = in_python(name, monkeypatch, **values)
    assert compiled.latency_samples == plain.latency_samples
    assert compiled.tail_samples == plain.tail_samples
    expected = in_blocks(plain, audio, [700])
    assert np.abs(expected).max() > 0.005
    assert_same_sound(in_blocks(compiled, audio, [700]), expected)
    assert compiled.hearing.as_data() == pytest.approx(plain.hearing.as_data())


@pytest.mark.parametrize("name", ["violin", "violin-dry"])
def test_stems_are_the_parts_of_the_same_sound(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    audio, compiled = phrase(0.5), ddsp_fx.load(name)
    with monkeypatch.context() as patch:
        patch.setattr(ControlModel, "new_state", lambda _: None)
        expected = ddsp_fx.load(name).stems(audio, RATE_HZ, tail=False)
    found = compiled.stems(audio, RATE_HZ, tail=False)
    for stem, samples in expected.items():
        assert_same_sound(found[stem], samples)


def _numbers(parameter: Parameter[Any]) -> st.SearchStrategy[Any]:
    return st.floats(0, 1).map(parameter.from_normalised)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["violin", "violin-dry"]))
def test_every_parameter_moves_a_stage_as_it_moves_the_same_in_python(
    data: st.DataObject, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio, compiled, plain = phrase(0.4), ddsp_fx.load(name), in_python(name, monkeypatch)
    compiled.prepare(RATE_HZ, 1024, 2)
    symbols, sounds = sorted(compiled.parameters), ([], [])
    for start in range(0, audio.shape[1] - 1000, 1000):
        if start % 4000 == 0:
            symbol = data.draw(st.sampled_from(symbols))
            value = data.draw(_numbers(compiled.parameters[symbol]))
            for effect in (compiled, plain):
                effect.set_value(symbol, value)
        for effect, sound in zip((compiled, plain), sounds, strict=True):
            sound.append(effect.process_block(audio[:, start : start + 1000]))
    assert_same_sound(*(np.concatenate(sound, axis=1) for sound in sounds))


@pytest.mark.parametrize("name", STAGED)
def test_nan_in_the_input_is_silence_and_leaves_no_trace(name: str) -> None:
    audio, effect = phrase(0.3), ddsp_fx.load(name)
    effect.prepare(RATE_HZ, 4096, 2)
    broken = audio[:, :4096].copy()
    broken[:, 100:200] = np.nan
    quiet = np.where(np.isfinite(broken), broken, 0.0).astype(np.float32)
    with pytest.warns(NonFiniteAudioWarning, match="input"):
        found = effect.process_block(broken)
    effect.reset()
    assert np.array_equal(found, effect.process_block(quiet))


def test_a_model_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    effect = ddsp_fx.load("violin")
    effect.prepare(RATE_HZ, 4096, 2)
    voice = effect._chain._stages[0].state.voice  # type: ignore[attr-defined]
    voice.decoder.call.n_inputs = 0
    with pytest.raises(ModelError, match=r"model\.tflite: the model failed to run"):
        effect.process_block(phrase(0.1)[:, :4096])


def test_streams_share_compiled_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert_c, "MOST_COMPILED", 2)
    effects = [ddsp_fx.load("violin") for _ in range(4)]
    audio = phrase(0.2)
    for effect in effects:
        effect.prepare(RATE_HZ, 1024, 2)
    pools = {id(effect._chain._stages[0].state.voice.decoder.pool.handles) for effect in effects}  # type: ignore[attr-defined]
    assert len(pools) == 1
    outs = [in_blocks(effect, audio, [512]) for effect in effects]
    assert all(np.array_equal(outs[0], out) for out in outs)
    assert not effects[0]._chain._stages[0].state.voice.decoder.pool.flags.any()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["violin", "violin-dry", "violin-room"])
def test_without_the_compiler_the_same_code_runs_as_python(name: str, tmp_path: Path) -> None:
    """NUMBA_DISABLE_JIT=1 is how one steps through a stage; the model must run there too, and not be left out."""
    program = (
        "import sys, numpy as np, ddsp_fx; sys.path.insert(0, sys.argv[2]); from test_stages import phrase, in_blocks\n"
        "effect = ddsp_fx.load(sys.argv[1]); effect.prepare(8000, 512, 1)\n"
        "np.save(sys.argv[3], in_blocks(effect, phrase(0.2, 8000)[:1], [300]))"
    )
    found = []
    for disabled in ("0", "1"):
        at = tmp_path / f"{disabled}.npy"
        command = [sys.executable, "-c", program, name, str(Path(__file__).parent), str(at)]
        subprocess.run(command, check=True, env={**os.environ, "NUMBA_DISABLE_JIT": disabled})
        found.append(np.load(at))
    assert np.abs(found[0]).max() > 0.005
    assert_same_sound(found[1], found[0])
