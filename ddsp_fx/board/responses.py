# SPDX-License-Identifier: GPL-3.0-or-later
"""Impulse responses of pedalboard's Convolution: read like audio files, and stored in a saved board."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.effects.base import RATE_RANGE_HZ
from ddsp_fx.effects.impulse_response import MAX_SECONDS, read_response
from ddsp_fx.errors import BoardError

MOST_CHANNELS = 8


def convolution(response: NDArray[np.float32], sample_rate: float, mix: float) -> Any:
    """A Convolution with a response (channels, samples)."""
    import pedalboard

    return pedalboard.Convolution(np.ascontiguousarray(response, np.float32), mix, sample_rate=sample_rate)


def convolution_of_file(path: object, mix: float) -> Any:
    """A Convolution with a response from an audio file; raises BoardError or BundleError for anything else."""
    if not isinstance(path, str):
        raise BoardError(f"impulse_response_filename is text, got {type(path).__name__}")
    return convolution(*read_response(Path(path)), mix)


def response_of(plugin: Any) -> tuple[NDArray[np.float32], float]:
    """(channels, samples) and the rate in Hz; raises BoardError for a Convolution that does not report them."""
    if plugin.impulse_response_filename is not None:
        return read_response(Path(plugin.impulse_response_filename))
    # repr is the only place where the rate of an array can be read (pedalboard 0.9.26).
    rate = re.search(r"audio at ([\d.e+]+) Hz", repr(plugin))
    if plugin.impulse_response is None or rate is None:
        raise BoardError("this Convolution does not report its impulse response, so it cannot be saved; make another")
    return np.atleast_2d(np.asarray(plugin.impulse_response, np.float32)), float(rate[1])


def convolution_to_data(plugin: Any) -> dict[str, Any]:
    """The response with its samples, so that a saved board needs no other file."""
    response, rate = response_of(plugin)
    samples = base64.b64encode(np.ascontiguousarray(response, "<f4").tobytes()).decode("ascii")
    return {
        "type": "response",
        "mix": plugin.mix,
        "sample_rate": rate,
        "channels": response.shape[0],
        "samples": samples,
    }


def convolution_from_data(data: dict[str, Any]) -> Any:
    """Raises BoardError unless the data is a response of at most 20 s."""
    rate, channels, text = data["sample_rate"], data["channels"], data["samples"]
    if not _is_number(rate) or not RATE_RANGE_HZ[0] <= rate <= RATE_RANGE_HZ[1]:
        raise BoardError(f"the rate of an impulse response is {rate!r}; expected 8000 to 384000 Hz")
    if not isinstance(channels, int) or not 1 <= channels <= MOST_CHANNELS:
        raise BoardError(f"an impulse response has {channels!r} channels; expected 1 to {MOST_CHANNELS}")
    most = int(MAX_SECONDS * rate) * channels * 4
    if not isinstance(text, str) or len(text) > most * 4 // 3 + 8:
        raise BoardError(f"an impulse response has at most {MAX_SECONDS:g} s of samples, in base64")
    try:
        samples = np.frombuffer(base64.b64decode(text, validate=True), "<f4").reshape(channels, -1)
    except ValueError as error:
        raise BoardError(f"the samples of an impulse response cannot be read: {error}") from None
    mix = data.get("mix", 1.0)
    if not samples.size or not np.isfinite(samples).all() or not _is_number(mix) or not 0.0 <= mix <= 1.0:
        raise BoardError("an impulse response needs finite samples, and a mix of 0 to 1")
    return convolution(samples, float(rate), float(mix))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
