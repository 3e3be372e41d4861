# SPDX-License-Identifier: GPL-3.0-or-later
"""Untrusted models: whatever their bytes, this process survives and the user gets an error; verdicts are stored."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from support import DATA, mutated

import ddsp_fx_plugins
from ddsp_fx.errors import ModelError
from ddsp_fx.inference import ControlModel, load_runner, trial
from ddsp_fx.inference.trial_child import judge

GOOD = DATA / "ddsp_vst_16k.tflite"
VIOLIN = Path(ddsp_fx_plugins.__path__[0]) / "violin" / "model.tflite"
# One byte of the violin's graph (1 -> 0) that crashes the process that runs it: with LiteRT 2.3, by SIGSEGV.
DEADLY_BYTE = 871140


@pytest.fixture
def deadly(tmp_path: Path) -> Path:
    content = bytearray(VIOLIN.read_bytes())
    content[DEADLY_BYTE] = 0
    path = tmp_path / "deadly.tflite"
    path.write_bytes(content)
    return path


@pytest.fixture(autouse=True)
def _a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(trial, "_known", {})


def test_a_model_that_kills_who_runs_it_is_an_error_that_names_it(deadly: Path) -> None:
    for _ in range(2):
        with pytest.raises(ModelError, match=r"deadly\.tflite: corrupt or hostile model: .* was killed by SIG"):
            load_runner(deadly)


def test_verdicts_are_remembered(deadly: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_runner(VIOLIN)
    with pytest.raises(ModelError):
        load_runner(deadly)
    monkeypatch.setattr(trial, "_known", {})
    monkeypatch.setattr(trial.subprocess, "run", lambda *a, **k: pytest.fail("tried again"))
    load_runner(VIOLIN)
    with pytest.raises(ModelError, match="killed by SIG"):
        load_runner(deadly)


def test_a_verdict_is_of_the_bytes_and_not_of_the_name(deadly: Path) -> None:
    path = deadly.with_name("model.tflite")
    path.write_bytes(VIOLIN.read_bytes())
    load_runner(path)
    path.write_bytes(deadly.read_bytes())
    with pytest.raises(ModelError, match="killed by SIG"):
        load_runner(path)


def test_a_folder_that_cannot_be_written_costs_only_the_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_runner(GOOD).inputs


def test_no_process_to_be_had_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(trial.subprocess, "run", full)
    with pytest.raises(ModelError, match=r"ddsp_vst_16k\.tflite: .*cannot be tried .*Too many open files"):
        load_runner(GOOD)
    monkeypatch.undo()
    assert load_runner(GOOD).inputs


def test_a_stranger_s_python_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    load_runner(GOOD)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["fifo", "folder", "huge"])
def test_what_is_no_file_of_a_model_s_size_is_not_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)
    with pytest.raises(ModelError, match=r"x\.tflite: "):
        load_runner(path)


def _end_of_a_child(content: bytes) -> int:
    """The result of judging the model in a forked child: 0 if it survived, -signal, or 1 for a foreign exception."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        signal.alarm(30)
        verdict = 1
        try:
            judge(content)
            verdict = 0
        finally:
            os._exit(verdict)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_any_bytes_run_or_give_a_model_error(tmp_path: Path) -> None:
    """Only the child may crash; the result is a model or a ModelError, never another exception."""
    rng = np.random.default_rng(20)
    dead = 0
    for turn in range(60):
        content = mutated((GOOD if turn % 2 else VIOLIN).read_bytes(), rng)
        code = _end_of_a_child(content)
        assert code <= 0, f"turn {turn}: an exception that is not a ModelError"
        if code == 0:
            continue
        dead += 1
        path = tmp_path / f"{turn}.tflite"
        path.write_bytes(content)
        with pytest.raises(ModelError):
            ControlModel(load_runner(path))
    assert dead < 10


def test_loading_leaves_stderr_to_others() -> None:
    """File descriptor 2 never changes, output of other threads arrives, LiteRT's banner does not."""
    script = """
import os, sys, threading
from ddsp_fx.inference import load_runner
target, seen, done = os.fstat(2), set(), threading.Event()
def watch():
    while not done.is_set():
        found = os.fstat(2); seen.add((found.st_dev, found.st_ino))
watcher = threading.Thread(target=watch); watcher.start()
threads = [threading.Thread(target=load_runner, args=(sys.argv[1],)) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
done.set(); watcher.join()
assert seen == {(target.st_dev, target.st_ino)}, seen
import ctypes
libc = ctypes.CDLL(None); stream = ctypes.c_void_p.in_dll(libc, "stderr")
libc.fputs.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
libc.fputs(b"from C\\n", stream)
print("from Python", file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script, str(VIOLIN)], capture_output=True, text=True, check=True)
    assert sorted(done.stderr.split("\n")) == ["", "from C", "from Python"]


def test_a_model_can_be_loaded_in_many_threads_at_once() -> None:
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.append(len(load_runner(VIOLIN).inputs))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [3] * 4
