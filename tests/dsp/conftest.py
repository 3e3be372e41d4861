# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference vectors: the committed crops, or the full set beside the repository where a developer has it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# No law may fail because the machine is busy.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

ROOT = Path(__file__).resolve().parents[2]
CROPS = ROOT / "tests" / "golden"
FULL = ROOT.parent / "shared" / "golden"


def _load(folder: Path, name: str) -> dict[str, np.ndarray]:
    with np.load(folder / f"{name}.npz") as archive:
        return {key: archive[key] for key in archive.files}


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, np.ndarray]]:
    """Vectors of the reference implementation by name, batch axis removed."""
    return lambda name: _load(CROPS, name)


@pytest.fixture(scope="session")
def full_golden() -> Callable[[str], dict[str, np.ndarray]]:
    """The uncropped vectors; skips where ../shared/golden is not present."""
    if not FULL.is_dir():
        pytest.skip(f"full reference vectors are not at {FULL}; the committed crops still run")
    return lambda name: {k: v[0] if v.ndim > 1 else v for k, v in _load(FULL, name).items()}
