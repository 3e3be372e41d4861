# SPDX-License-Identifier: GPL-3.0-or-later
"""Level in dB: A-weighted loudness and RMS power, as magenta/ddsp defines them.

The two are not interchangeable. Power is the RMS of the frame: 0 dB for a full-scale square wave. Loudness is the
mean over bins of the A-weighted power of an unnormalised Hann STFT: it grows by 3 dB with each doubling of the frame,
and full-scale noise lies above 0 dB. Neither goes below FLOOR_DB, the level of digital silence.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ddsp_fx.array_types import Floats
from ddsp_fx.dsp.scaling import FLOOR_DB
from ddsp_fx.errors import ParameterError

if TYPE_CHECKING:
    from ddsp_fx.dsp._loudness_kernel import Level


def a_weighting_db(frequency_hz: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The A curve of IEC 61672-1 (annex E, with its +2.00 dB at 1 kHz), no lower than -80 dB."""
    f2 = np.asarray(frequency_hz, np.float64) ** 2
    pole1, pole2, pole3, pole4 = np.array([20.598997, 107.65265, 737.86223, 12194.217]) ** 2
    # The curve is 0 at 0 Hz: 1e-300 keeps log10 finite there, and the maximum below clips the result.
    numerator = np.maximum(pole4 * f2**2, 1e-300)
    denominator = (f2 + pole1) * (f2 + pole4) * np.sqrt((f2 + pole2) * (f2 + pole3))
    weighting: NDArray[np.float64] = np.maximum(20.0 * np.log10(numerator / denominator) + 2.0, -80.0)
    return weighting


@cache
def _tables(frame: int, sample_rate: float) -> tuple[Floats, Floats]:
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame) / frame)
    weights = 10.0 ** (a_weighting_db(np.fft.rfftfreq(frame, 1.0 / sample_rate)) / 10.0)
    return window.astype(np.float32), weights.astype(np.float32)


def _power_to_db(power: Floats) -> Floats:
    result: Floats = np.maximum(10.0 * np.log10(np.maximum(power, 1e-30)), FLOOR_DB).astype(np.float32)
    return result


class LevelMeter:
    """Measures the level of frames, each independent of the others.

    Args:
        kind: "loudness" (A-weighted) or "power" (RMS).
        frame: samples per frame.
        sample_rate: of the frames, in Hz.

    Raises:
        ParameterError: for another kind, or a frame shorter than 2 samples.
    """

    def __init__(self, kind: Literal["loudness", "power"], frame: int = 1024, sample_rate: float = 16000) -> None:
        if kind not in ("loudness", "power"):
            raise ParameterError(f"LevelMeter: kind {kind!r} is unknown; use 'loudness' or 'power'")
        if frame < 2:
            raise ParameterError(f"LevelMeter: frame is {frame} samples; it must be at least 2")
        self.kind = kind
        self.frame = frame
        self.sample_rate = sample_rate
        self._work = np.zeros((4, frame), np.float32)

    def new_state(self) -> Level:
        """This meter for compiled code; its frames must be a power of 2."""
        from ddsp_fx.dsp._fft_kernel import fft_tables
        from ddsp_fx.dsp._loudness_kernel import Level

        window, weights = _tables(self.frame, self.sample_rate)
        used = weights if self.kind == "loudness" else weights[:0]
        return Level(window, used, np.zeros((4, self.frame), np.float32), *fft_tables(self.frame))

    def levels(self, frames: Floats) -> Floats:
        """Frames (n, frame), full scale 1.0 -> level in dB (n,), never below FLOOR_DB.

        Raises:
            ParameterError: if the frames have another length.
        """
        if frames.ndim != 2 or frames.shape[1] != self.frame:
            raise ParameterError(f"LevelMeter: frames have shape {frames.shape}, expected (n, {self.frame})")
        if not len(frames):
            return np.zeros(0, np.float32)
        if self.kind == "power":
            return _power_to_db(np.mean(np.square(frames, dtype=np.float32), axis=-1))
        window, weights = _tables(self.frame, self.sample_rate)
        if self.frame & (self.frame - 1) or self.frame < 4:
            spectrum = np.fft.rfft(frames * window)
            return _power_to_db(np.mean((spectrum.real**2 + spectrum.imag**2) * weights, axis=-1))
        # Importing numba takes longer than importing the rest of this package.
        from ddsp_fx.dsp._fft_kernel import fft_tables
        from ddsp_fx.dsp._loudness_kernel import weighted_powers

        powers = np.empty(len(frames), np.float32)
        tables = fft_tables(self.frame)
        weighted_powers(np.ascontiguousarray(frames, np.float32), window, weights, self._work, *tables, powers)
        return _power_to_db(powers)


def centred_frames(audio: Floats, frame: int, hop: int) -> Floats:
    """Frames of `audio` (samples,) centred on k * hop, k = 0..samples // hop, with zeros outside it -> (k, frame)."""
    padded = np.pad(np.asarray(audio, np.float32), (frame // 2, frame - frame // 2))
    return sliding_window_view(padded, frame)[: len(audio) + 1 : hop]


def loudness_db(audio: Floats, sample_rate: float = 16000, hop: int = 64, frame: int = 512) -> Floats:
    """A-weighted loudness of `audio` (samples,) in dB at centred frames -> (len // hop + 1,)."""
    return LevelMeter("loudness", frame, sample_rate).levels(centred_frames(audio, frame, hop))


def power_db(audio: Floats, hop: int = 64, frame: int = 512) -> Floats:
    """RMS power of `audio` (samples,) in dB at centred frames -> (len // hop + 1,)."""
    return LevelMeter("power", frame).levels(centred_frames(audio, frame, hop))


def rms(audio: Floats, hop: int = 64, frame: int = 512) -> Floats:
    """Root mean square of `audio` (samples,) at centred frames -> (len // hop + 1,), linear."""
    frames = centred_frames(audio, frame, hop)
    result: Floats = np.sqrt(np.mean(np.square(frames), axis=-1))
    return result
