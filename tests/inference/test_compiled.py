# SPDX-License-Identifier: GPL-3.0-or-later
"""Models through LiteRT's C library: the interpreter's numbers to the bit, in any thread, and nothing left behind."""

import ctypes
import gc
import os
import sys
import threading
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA

import ddsp_fx_plugins
from ddsp_fx.errors import ModelError
from ddsp_fx.inference import ControlModel, litert_c, load_runner
from ddsp_fx.inference.compiled_model import CompiledModel
from ddsp_fx.inference.litert import open_interpreter
from ddsp_fx.inference.litert_c import CompiledRunner, shared_model
from ddsp_fx.inference.litert_library import LibraryError, library

SHIPPED = sorted(Path(ddsp_fx_plugins.__path__[0]).glob("*/model.tflite"))
VIOLIN = Path(ddsp_fx_plugins.__path__[0]) / "violin" / "model.tflite"
CONTENT = VIOLIN.read_bytes()
GOOD = DATA / "ddsp_vst_16k.tflite"


@pytest.fixture(autouse=True)
def _only_where_there_is_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        library()
    except LibraryError as error:
        pytest.skip(str(error))
    # Effects of other tests may still hold the violin.
    monkeypatch.setattr(litert_c, "_shared", weakref.WeakValueDictionary())


def _inputs(runner: CompiledRunner, seed: int) -> list[dict[str, np.ndarray]]:
    """200 steps; a few have NaN, infinity and huge numbers."""
    rng = np.random.default_rng(seed)
    odd = {50: np.nan, 90: np.inf, 91: -np.inf, 130: 1e30}
    steps = []
    for k in range(200):
        step = {name: rng.uniform(-0.2, 1.2, shape).astype(np.float32) for name, shape in runner.inputs.items()}
        if k in odd:
            for array in step.values():
                array.reshape(-1)[0] = odd[k]
        steps.append(step)
    return steps


def _state_names(runner: CompiledRunner) -> tuple[str, str]:
    own = "state" in runner.inputs
    return ("state", "state") if own else ("call_state:0", "StatefulPartitionedCall:3")


def test_there_are_models_to_compare() -> None:
    assert len(SHIPPED) >= 9


@pytest.mark.parametrize(
    "path", [*SHIPPED, GOOD, DATA / "ddsp_vst_48k.tflite"], ids=lambda path: path.parent.name + path.stem
)
def test_every_step_has_the_interpreter_s_bits(path: Path) -> None:
    """200 steps with carried state; a state that is not finite any more starts anew, as in ControlModel."""
    content = path.read_bytes()
    compiled, interpreter = CompiledRunner(content, "c"), open_interpreter(content, "i")
    assert (dict(compiled.inputs), dict(compiled.outputs)) == (interpreter.inputs, interpreter.outputs)
    state_in, state_out = _state_names(compiled)
    tensors = compiled.new_tensors()
    theirs = np.zeros(compiled.inputs[state_in], np.float32)
    for step in _inputs(compiled, 1):
        given_step = {**step, state_in: theirs}
        for name, array in tensors.items():
            array[...] = given_step[name]
        ours, wanted = compiled.run(tensors), interpreter.run(given_step)
        for name in wanted:
            assert np.array_equal(ours[name], wanted[name], equal_nan=True), name
        theirs = np.nan_to_num(wanted[state_out], nan=0.0, posinf=0.0, neginf=0.0).reshape(theirs.shape)


def test_a_step_of_the_control_model_is_the_same_by_both() -> None:
    rng = np.random.default_rng(2)
    models = [ControlModel(make(CONTENT, "x"), 0.01) for make in (CompiledRunner, open_interpreter)]
    for k in range(300):
        if k == 100:
            for model in models:
                model.reset()
        midi = float("nan") if k == 150 else rng.uniform(50, 90)
        ours, wanted = (
            model.step(midi, rng_level) for model, rng_level in zip(models, [-10.0 - k % 40] * 2, strict=True)
        )
        assert ours.amplitude == wanted.amplitude
        assert np.array_equal(ours.harmonic_distribution, wanted.harmonic_distribution)
        assert np.array_equal(ours.noise_magnitudes, wanted.noise_magnitudes)


def test_controls_are_not_overwritten_by_the_next_step() -> None:
    model = ControlModel(CompiledRunner(CONTENT, "x"))
    first = model.step(60.0, -10.0)
    kept = first.harmonic_distribution.copy(), first.noise_magnitudes.copy()
    model.step(80.0, -30.0)
    assert np.array_equal(first.harmonic_distribution, kept[0])
    assert np.array_equal(first.noise_magnitudes, kept[1])


def test_reset_returns_to_the_first_sound() -> None:
    model = ControlModel(CompiledRunner(CONTENT, "x"))
    first = [model.step(60.0, -10.0).amplitude for _ in range(5)]
    assert len(set(first)) > 1
    model.reset()
    assert [model.step(60.0, -10.0).amplitude for _ in range(5)] == first


def _alone(seed: int, steps: int) -> list[float]:
    model, rng = ControlModel(open_interpreter(CONTENT, "x")), np.random.default_rng(seed)
    return [model.step(rng.uniform(50, 90), rng.uniform(-40, 0)).amplitude for _ in range(steps)]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=5, max_size=60))
def test_streams_of_one_model_do_not_hear_each_other(turns: list[int]) -> None:
    """Three streams that take turns in any order: each sounds as if it were alone."""
    runner = CompiledRunner(CONTENT, "x")
    models = [ControlModel(runner), ControlModel(runner), ControlModel(CompiledRunner(CONTENT, "y"))]
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    heard: list[list[float]] = [[], [], []]
    for who in turns:
        rng = rngs[who]
        heard[who].append(models[who].step(rng.uniform(50, 90), rng.uniform(-40, 0)).amplitude)
    assert heard == [_alone(seed, len(heard[seed])) for seed in range(3)]


@pytest.mark.parametrize("compiled", [1, 8])
def test_threads_share_one_model(compiled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads on one compiled model, which wait for each other, and on one for each."""
    monkeypatch.setattr(litert_c, "MOST_COMPILED", compiled)
    heard: dict[int, list[float]] = {}
    models = [ControlModel(CompiledRunner(CONTENT, "x")) for _ in range(8)]
    for model in models:
        model.reset()
    assert len(shared_model(CONTENT).compiled) == compiled

    def play(seed: int) -> None:
        rng = np.random.default_rng(seed)
        heard[seed] = [models[seed].step(rng.uniform(50, 90), rng.uniform(-40, 0)).amplitude for _ in range(60)]

    threads = [threading.Thread(target=play, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {seed: _alone(seed, 60) for seed in range(8)}


def test_the_last_runner_closes_the_model() -> None:
    first, second = CompiledRunner(CONTENT, "x"), CompiledRunner(CONTENT, "y")
    first.new_tensors()
    model = weakref.ref(shared_model(CONTENT))
    compiled: weakref.ref[CompiledModel] = weakref.ref(shared_model(CONTENT).compiled[0])
    assert second._model is first._model
    del first
    assert model() is not None
    del second
    assert model() is None
    assert compiled() is None


def test_one_stream_compiles_the_model_once() -> None:
    runner = CompiledRunner(CONTENT, "x")
    ControlModel(runner).step(60.0, -10.0)
    assert len(shared_model(CONTENT).compiled) == 1


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_opening_and_closing_leaves_nothing() -> None:
    """One that is left open holds 2.2 MB: 40 would hold 88."""

    def once() -> None:
        runner = CompiledRunner(CONTENT, "x")
        runner.run(dict(runner.new_tensors().items()))

    for _ in range(10):
        once()
    before = _resident_mb()
    for _ in range(40):
        once()
    assert _resident_mb() - before < 20


def test_steps_keep_no_memory() -> None:
    runner = CompiledRunner(CONTENT, "x")
    tensors = runner.new_tensors()
    runner.run(tensors)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(2000):
        runner.run(tensors)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 2000


def test_outputs_for_arrays_of_one_s_own_are_one_s_own() -> None:
    runner = CompiledRunner(CONTENT, "x")
    tensors = {name: np.full(shape, 0.5, np.float32) for name, shape in runner.inputs.items()}
    first = runner.run(tensors)
    kept = first["harmonic_distribution"].copy()
    tensors["f0_scaled"] = np.zeros(1, np.float32)
    runner.run(tensors)
    assert np.array_equal(first["harmonic_distribution"], kept)


def test_wrong_tensors_are_named() -> None:
    runner, other = CompiledRunner(CONTENT, "violin"), CompiledRunner(GOOD.read_bytes(), "other")
    with pytest.raises(ModelError, match=r"violin: input tensor '.*' is (missing|unknown)"):
        runner.run(other.new_tensors())
    with pytest.raises(ModelError, match=r"violin: input tensor 'state' has shape \(3,\), expected \(256,\)"):
        runner.run({**runner.new_tensors(), "state": np.zeros(3, np.float32)})


@pytest.mark.parametrize("content", [b"", b"x" * 100, CONTENT[:5000], CONTENT[: len(CONTENT) // 2]], ids=len)
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(LibraryError):
        CompiledRunner(content, "x")


def test_the_function_s_address_and_a_stream_s_arguments_are_all_that_c_code_needs() -> None:
    runner = CompiledRunner(CONTENT, "x")
    tensors, other = runner.new_tensors(), runner.new_tensors()
    for stream in (tensors, other):
        for array in stream.values():
            array[...] = 0.3
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_int,
        *[ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p],
    )
    assert prototype(library().run_address)(shared_model(CONTENT).compiled[0].handle, *tensors.arguments) == 0
    wanted = runner.run(other)
    for name, array in tensors.outputs.items():
        assert array.any()
        assert np.array_equal(array, wanted[name])


def test_loading_takes_the_library() -> None:
    assert load_runner(VIOLIN).runtime == f"LiteRT {library().release}, C library"
