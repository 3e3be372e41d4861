# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip that magenta/ddsp-vst appends to a model file, with the range of its training notes."""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ddsp_fx.errors import ModelError

MEMBER = "metadata.json"
MOST_BYTES = 64 << 10


@dataclass(frozen=True)
class TrainingRange:
    """The range of a model's training notes: pitch in Hz and RMS power in dB."""

    f0_min_hz: float
    f0_max_hz: float
    level_min_db: float
    level_max_db: float


def read_ddsp_vst_metadata(path: Path | str) -> TrainingRange | None:
    """The embedded ranges, None if the file has none; raises ModelError if they cannot be parsed."""
    try:
        with zipfile.ZipFile(path) as archive:
            if MEMBER not in archive.namelist():
                return None
            data = json.loads(_member(archive))
        found = TrainingRange(
            float(data["mean_min_pitch_note_hz"]),
            float(data["mean_max_pitch_note_hz"]),
            float(data["mean_min_power_note"]),
            float(data["mean_max_power_note"]),
        )
    except zipfile.BadZipFile:
        return None
    except KeyError as error:
        raise ModelError(f"{path}: embedded {MEMBER} has no {error}") from None
    # zipfile and json raise a dozen kinds: zlib.error, EOFError, RecursionError, NotImplementedError, ...
    except Exception as error:
        raise ModelError(f"{path}: embedded {MEMBER} cannot be read: {error}") from None
    if not all(map(math.isfinite, vars(found).values())) or not 0 < found.f0_min_hz <= found.f0_max_hz:
        raise ModelError(f"{path}: embedded {MEMBER} has impossible ranges: {found}")
    return found


def _member(archive: zipfile.ZipFile) -> bytes:
    size = archive.getinfo(MEMBER).file_size
    if size > MOST_BYTES:
        raise ValueError(f"it has {size} bytes, more than the limit of {MOST_BYTES}")
    return archive.read(MEMBER)
