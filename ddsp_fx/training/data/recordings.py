# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the recordings, and checks each file before the long training begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ddsp_fx.analysis.features import Features
from ddsp_fx.array_types import Floats
from ddsp_fx.errors import AudioError, TrainingError
from ddsp_fx.files import input as files
from ddsp_fx.files.folder import audio_in
from ddsp_fx.files.names import printable

# With less than a minute, a model overfits. The paper's violin has 13 minutes; magenta recommends 10.
SHORT_S, TOO_SHORT_S = 180.0, 30.0
CLIPPED_RUN = 3
QUIET_DBFS, SILENT_SHARE, VOICED_SHARE = -30.0, 0.5, 0.6


@dataclass(frozen=True)
class Recording:
    """One file at the model's rate: `audio` (samples,) mono, its original format, and remarks on how it was read."""

    path: Path
    audio: Floats
    sample_rate: int
    native_rate: float
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.audio) / self.sample_rate


@dataclass
class Verdict:
    """The faults of one file: `fatal` excludes it from training, `remarks` tell what of it was not read."""

    name: str
    seconds: float
    peak_dbfs: float
    warnings: list[str] = field(default_factory=list)
    fatal: str = ""
    remarks: tuple[str, ...] = ()


def find_recordings(place: Path) -> list[Path]:
    """The readable audio files in a folder (or the one file named); raises TrainingError if there are none.

    `ddsp_fx.files.folder.audio_in` decides which files are skipped.
    """
    try:
        return audio_in(place)[0]
    except AudioError as error:
        raise TrainingError(str(error)) from None


def read_recording(path: Path, sample_rate: int) -> Recording:
    """One file, channels averaged, resampled; raises TrainingError naming it.

    If a file is truncated or damaged, its good part is read, and `remarks` gives both lengths.
    """
    from ddsp_fx.dsp.resample import resample

    remarks: list[str] = []
    try:
        mono, native = files.read_mono(path, salvage=True, tell=remarks.append)
    except AudioError as error:
        raise TrainingError(f"{error}; remove it from the folder") from None
    lines = tuple(remark.removeprefix(f"{printable(path)}: ") for remark in remarks)
    return Recording(path, resample(mono, native, sample_rate), sample_rate, native, lines)


def read_mono(path: Path, seconds: float = math.inf) -> tuple[Floats, float]:
    """The middle of one file, at most `seconds`, channels averaged, and its rate; raises TrainingError naming it."""
    try:
        with files.InputFile(path, taking=files.Taking(channels=1, salvage=True)) as file:
            frames = min(file.frames or 0, 1 << 62)
            wanted = None if math.isinf(seconds) else round(seconds * file.sample_rate)
            if wanted is not None and frames > wanted:
                file.skip((frames - wanted) // 2)
                wanted += file.position
            return files.read_some(file, wanted)[0], file.sample_rate
    except AudioError as error:
        raise TrainingError(f"{error}; remove it from the folder") from None


def judge(recording: Recording, features: Features) -> Verdict:
    """Judge duration, level, clipping, silence and monophony of one recording, with the measured numbers."""
    peak = float(np.abs(recording.audio).max(initial=0.0))
    peak_dbfs = 20.0 * np.log10(max(peak, 1e-9))
    verdict = Verdict(printable(recording.path.name), recording.seconds, peak_dbfs, list(recording.remarks))
    verdict.remarks = recording.remarks
    if peak_dbfs < -60.0:
        verdict.fatal = f"is silent (peak {peak_dbfs:.0f} dBFS)"
        return verdict
    if recording.native_rate < recording.sample_rate:
        verdict.warnings.append(f"{recording.native_rate:g} Hz on disk, the model runs at {recording.sample_rate}")
    if peak_dbfs < QUIET_DBFS:
        verdict.warnings.append(f"quiet: peak {peak_dbfs:.0f} dBFS; record 10 to 20 dB louder")
    runs = clipped_runs(recording.audio)
    if runs:
        verdict.warnings.append(f"clipped in {runs} places; record with more headroom")
    _judge_features(verdict, features)
    return verdict


def _judge_features(verdict: Verdict, features: Features) -> None:
    loud = features.level_db > np.percentile(features.level_db, 95) - 40.0
    if loud.mean() < SILENT_SHARE:
        verdict.warnings.append(f"{1.0 - loud.mean():.0%} silence; cut the pauses")
    voiced = float(features.voiced[loud].mean()) if loud.any() else 0.0
    if voiced < VOICED_SHARE:
        verdict.warnings.append(
            f"only {voiced:.0%} of the sound has one clear pitch; is it a single line of one instrument?"
        )


def clipped_runs(audio: Floats) -> int:
    """The number of places where at least 3 consecutive samples lie at the file's own peak, near full scale."""
    peak = np.abs(audio).max(initial=0.0)
    if peak < 0.97:
        return 0
    flat = np.abs(audio) >= 0.999 * peak
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(np.int8)))
    return int((np.diff(edges)[::2] >= CLIPPED_RUN).sum())


def require_enough(verdicts: Sequence[Verdict]) -> list[str]:
    """General warnings about all recordings; raises TrainingError if there is too little to learn from."""
    fatal = [f"{v.name} {v.fatal}" for v in verdicts if v.fatal]
    seconds = sum(v.seconds for v in verdicts if not v.fatal)
    if seconds < TOO_SHORT_S:
        # If too little is left, a truncated file may be the reason.
        cut = [f"{v.name}: {remark}" for v in verdicts if not v.fatal for remark in v.remarks]
        reasons = f" ({'; '.join([*fatal, *cut])})" if fatal or cut else ""
        raise TrainingError(
            f"{seconds:.0f} s of usable sound{reasons}; at least {TOO_SHORT_S:.0f} s are needed, better 10 minutes"
        )
    if seconds < SHORT_S:
        return [*fatal, f"{seconds:.0f} s in all is little: the model will know few notes; 10 minutes are recommended"]
    return fatal
