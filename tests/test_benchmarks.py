# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks that exit with 1 when something is wrong, at a short length. Their timings are not judged."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("contract.py", "--seconds", "0.5", "--minutes", "0.05"),
        ("osc_fuzz.py", "--packets", "60000", "--quiet-s", "1"),
        ("osc_flood.py", "--seconds", "5"),
        ("attack.py", "--seed", "7", "--inputs", "300"),
    ],
    ids=lambda words: words[0],
)
def test_a_short_run_finds_nothing_wrong(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / words[0], *words[1:]], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
