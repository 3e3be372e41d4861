# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of the C library at copies, forks and the end of a process."""

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

import ddsp_fx
import ddsp_fx_plugins
from ddsp_fx.inference import ControlModel, litert_c
from ddsp_fx.inference.litert_c import CompiledRunner, shared_model
from ddsp_fx.inference.litert_library import LibraryError, library

VIOLIN = Path(ddsp_fx_plugins.__path__[0]) / "violin" / "model.tflite"
CONTENT = VIOLIN.read_bytes()


@pytest.fixture(autouse=True)
def _only_where_there_is_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        library()
    except LibraryError as error:
        pytest.skip(str(error))
    # Effects of other tests may still hold the violin.
    monkeypatch.setattr(litert_c, "_shared", weakref.WeakValueDictionary())


def test_copies_and_pickles_of_effects_hold_no_model() -> None:
    effect = ddsp_fx.load("violin")
    effect.prepare(48000)
    model = weakref.ref(shared_model(CONTENT))
    assert effect.model_runtime == f"LiteRT {library().release}, C library"
    copies = [copy.copy(effect), copy.deepcopy(effect), pickle.loads(pickle.dumps(effect))]
    del effect
    gc.collect()
    assert model() is None
    assert [made.model_runtime for made in copies] == [""] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_runs_models_though_a_thread_was_running_them() -> None:
    model = ControlModel(CompiledRunner(CONTENT, "x"))
    wanted = model.step(60.0, -10.0).amplitude
    model.reset()
    shared = shared_model(CONTENT)
    with shared._growing, litert_c._opening, shared.compiled[0].lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            is_same = model.step(60.0, -10.0).amplitude == wanted
            is_same &= ControlModel(CompiledRunner(CONTENT, "y")).step(60.0, -10.0).amplitude == wanted
            os._exit(0 if is_same else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_process_ends_while_its_threads_run_models() -> None:
    script = """
import sys, threading, time
from ddsp_fx.inference import ControlModel, load_runner
def play():
    model = ControlModel(load_runner(sys.argv[1]))
    while True:
        model.step(60.0, -10.0)
for _ in range(3):
    threading.Thread(target=play, daemon=True).start()
time.sleep(0.3)
"""
    done = subprocess.run([sys.executable, "-c", script, str(VIOLIN)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
