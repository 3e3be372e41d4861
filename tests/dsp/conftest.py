# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference vectors: the committed excerpts, or the full set next to the repository if it exists."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# A busy machine must not make a test fail.
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
    """Reference vectors by name, without the batch axis."""
    return lambda name: _load(CROPS, name)


@pytest.fixture(scope="session")
def full_golden() -> Callable[[str], dict[str, np.ndarray]]:
    """The full vectors; skips if ../shared/golden does not exist."""
    if not FULL.is_dir():
        pytest.skip(f"full reference vectors are not at {FULL}; the committed crops still run")
    return lambda name: {k: v[0] if v.ndim > 1 else v for k, v in _load(FULL, name).items()}
