# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages: state by address, chains, the cache of their machine code, and what holds where numba is another."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ddsp_fx.dsp import _part
from ddsp_fx.dsp._jit import kernel, loaded, signature_of
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.dsp.stage import Chain, Stage, stage
from ddsp_fx.dsp.state import Double1, Float2, Record, addresses, new
from ddsp_fx.errors import AudioError


class Gain(Record):
    amount: float
    blocks: int


class Inner(NamedTuple):
    gain: Gain
    seen: Double1


class State(NamedTuple):
    inner: Inner
    offset: Float2
    fails_from: int


@stage()
def scale(state: State, block: Float2, out: Float2) -> int:
    gain = state.inner.gain
    for c in range(block.shape[0]):
        for i in range(block.shape[1]):
            out[c, i] = block[c, i] * np.float32(gain.amount) + state.offset[c, 0]
    gain.blocks += 1
    state.inner.seen[0] += block.shape[1]
    return 7 if gain.blocks > state.fails_from else 0


def made(amount: float, offset: float = 0.0, fails_from: int = 1 << 30) -> Stage:
    offsets = np.full((2, 1), offset, np.float32)
    return Stage(scale, State(Inner(new(Gain, amount=amount), np.zeros(1)), offsets, fails_from))


def block(value: float = 1.0, n: int = 5) -> np.ndarray:
    return np.full((2, n), value, np.float32)


@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_a_chain_runs_its_stages_in_order(count: int) -> None:
    stages = [made(2.0, offset=k) for k in range(count)]
    expected, out, spare = block(), np.zeros((2, 5), np.float32), np.zeros((2, 5), np.float32)
    for k in range(count):
        expected = expected * 2 + k
    assert Chain(stages).run(block(), out, spare) is None
    assert np.array_equal(out, expected)
    assert [int(made.state.inner.gain.blocks) for made in stages] == [1] * count
    assert [float(made.state.inner.seen[0]) for made in stages] == [5.0] * count


def test_a_chain_is_not_endless() -> None:
    with pytest.raises(AudioError, match="got 17 stages, expected at most 16"):
        Chain([made(1.0) for _ in range(17)])


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_stage_that_fails_ends_the_call_and_its_input_is_still_there(index: int) -> None:
    stages = [made(2.0) for _ in range(3)]
    stages[index] = made(2.0, fails_from=0)
    chain, out, spare = Chain(stages), block(0.0), block(0.0)
    status = chain.run(block(), out, spare)
    assert status is not None
    assert (status.code, status.stage, status.bad_input, status.bad_outputs) == (7, index, False, [])
    assert np.array_equal(chain.input_of(index, block(), out, spare), block(2.0**index))
    assert [int(made.state.inner.gain.blocks) for made in stages] == [1] * (index + 1) + [0] * (2 - index)


def test_what_is_not_finite_does_not_pass() -> None:
    stages, out, spare = [made(1.0), made(np.inf), made(0.5)], block(0.0), block(0.0)
    status = Chain(stages).run(block(), out, spare)
    assert status is not None
    assert (status.code, status.bad_outputs) == (0, [1])
    assert np.array_equal(out, block(0.0))
    bad = block()
    bad[1, 3] = np.nan
    status = Chain([made(1.0)]).run(bad, out, spare)
    assert status is not None
    assert status.bad_input


def test_delay_lines_get_the_input_of_their_stage() -> None:
    lines = [DelayLine(2, 3), None, DelayLine(2, 0)]
    chain, out, spare = Chain([made(2.0) for _ in range(3)], lines), block(0.0), block(0.0)
    for value in (1.0, 2.0):
        chain.run(block(value, 2), out[:, :2].copy(), spare[:, :2].copy())
    assert lines[0] is not None
    assert np.array_equal(lines[0].process(block(9.0, 3)), [[1, 2, 2], [1, 2, 2]])


def test_a_read_only_block_is_read() -> None:
    frozen, out = block(), block(0.0)
    frozen.flags.writeable = False
    assert Chain([made(3.0)]).run(frozen, out, out) is None
    assert np.array_equal(out, block(3.0))


def test_a_record_is_one_memory_for_python_and_compiled_code() -> None:
    gain = new(Gain, amount=2.5)
    assert (gain.amount, gain.blocks) == (2.5, 0)
    state = State(Inner(gain, np.zeros(1)), np.zeros((2, 1), np.float32), 4)
    assert len(addresses(state)) == 1 + 2 + 3 + 1
    assert addresses(state)[-1] == 4


def test_arguments_are_converted_to_the_annotated_types() -> None:
    """A float32 handed to a function of float must not make a second function, with other sums."""
    call = loaded(third_of_float32)
    assert call(np.float32(0.1)) == float(np.float32(0.1)) / 3.0
    assert len(signature_of(third_of_float32.py_func).args) == 1  # type: ignore[attr-defined]


@kernel()
def third(x: float) -> float:
    return x / 3.0


@kernel()
def third_of_float32(x: np.float32) -> float:
    return third(x)  # type: ignore[arg-type]


def test_parts_are_functions_like_others_where_numba_is_not_as_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_part, "_KNOWN", False)

    @kernel()
    def inner(x: float) -> float:
        return x + 1.0

    @kernel()
    def outer(x: float) -> float:
        return inner(x) * 2.0

    assert loaded(outer)(2.0) == 6.0


MODULE = """
from typing import NamedTuple
from ddsp_fx.dsp.state import Float2, Record
from ddsp_fx.dsp.stage import stage
from ddsp_fx.dsp import _jit
import sys

class Numbers(Record):
    x: float

class State(NamedTuple):
    numbers: Numbers

if len(sys.argv) > 1:
    _jit._kernels_stamp = lambda: sys.argv[1]

@stage()
def copy(state: State, block: Float2, out: Float2) -> int:
    out[0, 0] = block[0, 0]
    return 0
"""


def test_machine_code_is_kept_until_any_kernel_is_edited(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": paths}
    hits = []
    for edited in ([], [], ["edited"], ["edited"]):
        command = [sys.executable, "-c", "import mine; mine.copy.address; print(mine.copy._kept.cache_hits)", *edited]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        hits.append(int(done.stdout))
    assert hits == [0, 1, 0, 1]
