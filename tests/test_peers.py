# SPDX-License-Identifier: GPL-3.0-or-later
"""Where CI has installed a peer, a test may not skip for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from peers import REQUIRED

HERE = Path(__file__).parent
REASONS = {
    "apt install chromium": True,
    "needs the [train] extra": True,
    "JACK does not start here: no": True,
    "needs ../shared/data": False,
    "no SIGTERM there": False,
}


def run(folder: Path, text: str, required: bool) -> str:
    (folder / "test_it.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(HERE), REQUIRED: "1" if required else ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "peers", "-p", "no:cacheprovider", "test_it.py"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("required", [True, False])
def test_a_skip_for_a_missing_peer_is_a_failure_where_peers_are_required(
    reason: str, required: bool, tmp_path: Path
) -> None:
    said = run(tmp_path, f"import pytest\ndef test_it(): pytest.skip({reason!r})\n", required)
    assert ("1 failed" if required and REASONS[reason] else "1 skipped") in said


@pytest.mark.parametrize("required", [True, False])
def test_a_whole_module_that_is_skipped_counts_too(required: bool, tmp_path: Path) -> None:
    said = run(tmp_path, "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n", required)
    assert ("1 error" if required else "1 skipped") in said
