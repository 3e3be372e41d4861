# SPDX-License-Identifier: GPL-3.0-or-later
"""Without LiteRT's C library, or where its numbers differ, the interpreter runs the model and says why."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import ddsp_fx_plugins
from ddsp_fx.errors import ModelError
from ddsp_fx.inference import ControlModel, LiteRtRunner, litert_library, load_runner, trial, trial_child
from ddsp_fx.inference.litert import open_interpreter
from ddsp_fx.inference.litert_c import CompiledRunner
from ddsp_fx.inference.litert_library import VARIABLE, LibraryError, library
from ddsp_fx.inference.runner import Tensors
from ddsp_fx.inference.trial import COMPILED, INTERPRETED

VIOLIN = Path(ddsp_fx_plugins.__path__[0]) / "violin" / "model.tflite"
CONTENT = VIOLIN.read_bytes()


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(trial, "_known", {})
    litert_library._installed.cache_clear()
    yield
    litert_library._installed.cache_clear()


def _break(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    if what == "another release":
        monkeypatch.setattr(litert_library, "version", lambda _: "99.0.0")
    elif what == "no file":
        monkeypatch.setattr(litert_library, "_FILE_NAMES", {sys.platform: "libAbsent.so"})
    elif what == "no symbol":
        monkeypatch.setitem(litert_library._ARGUMENTS, "LiteRtAbsent", [])
    elif what == "no package":
        monkeypatch.setattr(litert_library, "find_spec", lambda _: (_ for _ in ()).throw(ImportError("gone")))
    else:
        monkeypatch.setenv(VARIABLE, "interpreter")


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("another release", r"ai-edge-litert 99\.0\.0 is not one of the releases"),
        ("no file", r"has no libAbsent\.so"),
        ("no symbol", r"LiteRtAbsent"),
        ("no package", "is not installed"),
        ("asked for", rf"{VARIABLE} asks for the interpreter"),
    ],
)
def test_the_interpreter_runs_the_model_and_says_why(what: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if _reason() and what in ("no file", "no symbol"):
        pytest.skip(f"nothing to break: {_reason()}")
    before = ControlModel(load_runner(VIOLIN)).step(60.0, -10.0)
    _break(monkeypatch, what)
    litert_library._installed.cache_clear()
    with pytest.raises(LibraryError, match=reason):
        library()
    runner = load_runner(VIOLIN)
    assert isinstance(runner, LiteRtRunner)
    assert runner.runtime.startswith("interpreter (")
    assert str(_reason()) in runner.runtime
    assert ControlModel(runner).step(60.0, -10.0).amplitude == before.amplitude


def _reason() -> LibraryError | None:
    try:
        library()
    except LibraryError as error:
        return error
    return None


def test_a_verdict_without_the_library_is_not_one_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if _reason():
        pytest.skip(str(_reason()))
    monkeypatch.setenv(VARIABLE, "interpreter")
    load_runner(VIOLIN)
    monkeypatch.delenv(VARIABLE)
    assert isinstance(load_runner(VIOLIN), CompiledRunner)


class _Differs:
    """The interpreter, with one bit of one output changed."""

    def __init__(self, content: bytes, label: str) -> None:
        self._runner = open_interpreter(content, label)
        self.inputs = self._runner.inputs

    def run(self, tensors: Tensors) -> dict[str, np.ndarray]:
        out = self._runner.run(tensors)
        out["amplitude"] = np.nextafter(out["amplitude"], np.float32(2.0))
        return out


class _Refuses(_Differs):
    def __init__(self, content: bytes, label: str) -> None:
        raise LibraryError("no")


class _Fails(_Differs):
    def run(self, tensors: Tensors) -> dict[str, np.ndarray]:
        raise ModelError("model: the model failed to run: status 3")


@pytest.mark.parametrize("runner", [_Differs, _Refuses, _Fails])
def test_the_trial_takes_the_library_only_for_the_same_bits(runner: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_child, "CompiledRunner", runner)
    assert trial_child.judge(CONTENT) == (0, INTERPRETED)


def test_the_trial_takes_the_library_for_what_ships() -> None:
    assert trial_child.judge(CONTENT) == (0, INTERPRETED if _reason() else COMPILED)


def test_a_library_that_dies_of_a_model_leaves_it_to_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    if _reason():
        pytest.skip(str(_reason()))
    child, deaths = subprocess.run, []

    def dies(command: list[str], *, env: dict[str, str], **options: object) -> subprocess.CompletedProcess[bytes]:
        if env.get(VARIABLE) == "interpreter":
            return child(command, env=env, **options)  # type: ignore[call-overload,no-any-return]
        deaths.append(command)
        return subprocess.CompletedProcess(command, -11, b"", b"")

    monkeypatch.setattr(trial.subprocess, "run", dies)
    for _ in range(2):
        runner = load_runner(VIOLIN)
        assert runner.runtime == "interpreter (the C library failed this model's trial)"
        monkeypatch.setattr(trial, "_known", {})
    assert len(deaths) == 1


def test_the_library_says_nothing() -> None:
    """In a new process, both ways of running a model: nothing on stdout or stderr."""
    script = """
import sys
from ddsp_fx.inference import ControlModel, load_runner
from ddsp_fx.inference.litert import open_interpreter
runners = [load_runner(sys.argv[1]), open_interpreter(open(sys.argv[1], "rb").read(), "x"), load_runner(sys.argv[1])]
for runner in runners:
    ControlModel(runner).step(60.0, -10.0)
"""
    command = [sys.executable, "-c", script, str(VIOLIN)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert (done.stdout, done.stderr) == ("", "")
