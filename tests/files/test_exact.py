# SPDX-License-Identifier: GPL-3.0-or-later
"""Unprocessed samples come out bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from files.sounds import read

from ddsp_fx.cli import main
from ddsp_fx.files.writer import output_file


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff"])
@pytest.mark.parametrize("bits", [16, 24])
def test_every_integer_survives(kind: str, bits: int, tmp_path: Path) -> None:
    """All values of 16 bit; of 24 bit the ends, the middle and a hundred thousand others."""
    half = 1 << (bits - 1)
    near = np.arange(-300, 300)
    some = np.random.default_rng(0).integers(-half, half, 100_000)
    picked = np.concatenate([300 - half + near, near, half - 300 + near, some])
    steps = np.arange(-half, half) if bits == 16 else picked
    audio = (steps / half).astype(np.float32)[np.newaxis]
    with output_file(tmp_path / f"a.{kind}", 44100, 1, bits) as output:
        output.write(audio)
    assert output.clipped == 0
    assert main(["apply", str(tmp_path / f"a.{kind}"), str(tmp_path / f"b.{kind}"), "Gain:gain_db=0", "--quiet"]) == 0
    for name in "ab":
        assert np.array_equal(read(tmp_path / f"{name}.{kind}")[0], audio)


def test_beyond_full_scale_is_held_and_counted(tmp_path: Path) -> None:
    with output_file(tmp_path / "a.wav", 44100, 1, 16) as output:
        output.write(np.array([[1.5, -1.5, 1.0, -1.0]], np.float32))
    assert output.clipped == 2
    assert np.array_equal(read(tmp_path / "a.wav")[0] * 32768, [[32767, -32768, 32767, -32768]])
