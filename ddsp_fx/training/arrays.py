# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes arrays to disk, completely or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ddsp_fx.errors import TrainingError
from ddsp_fx.files.replace import replacing


def save_arrays(path: Path, **arrays: npt.ArrayLike) -> None:
    """Write an .npz and replace the file atomically: a power cut leaves the old or the new. Raises TrainingError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{path.parent}: cannot be created: {error.strerror}") from None
    with replacing(path, TrainingError) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
