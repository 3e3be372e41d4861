# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio output through PortAudio, block by block (extra `live`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine.device import device_id, import_sounddevice, refused

INSTEAD = "use ddsp-fx apply, which writes a file"
# Seconds that the device buffers: the longest that one block of a chain may take without a gap.
BUFFER_S = 0.5


class Loudspeaker:
    """An output device that accepts blocks as fast as it plays them.

    Args:
        device: a number or a part of a name, as sounddevice takes it; None is the system's default.

    Attributes:
        gaps: how often the device ran out of audio.

    Raises MissingExtraError, or EngineError if there is no such device.
    """

    def __init__(self, device: str | None = None) -> None:
        self._sounddevice = import_sounddevice(INSTEAD)
        self._device = device_id(device)
        self._stream: Any = None
        self._channels = 0
        self.gaps = 0
        self._told = self._query()

    @property
    def description(self) -> str:
        """The text for messages."""
        return f"device {'default' if self._device is None else self._device}"

    def _query(self) -> dict[str, Any]:
        if not any(device["max_output_channels"] > 0 for device in self._sounddevice.query_devices()):
            raise EngineError(f"there is no audio device to play on; plug one in, or {INSTEAD}")
        try:
            told: dict[str, Any] = self._sounddevice.query_devices(self._device, "output")
        except (ValueError, self._sounddevice.PortAudioError) as error:
            raise self._refused(error) from None
        return told

    def _refused(self, error: Exception) -> EngineError:
        return refused(self._sounddevice, self.description, error, INSTEAD)

    def rate_for(self, rate: float) -> float:
        """This sample rate if the device supports it, else the device's own, in Hz."""
        try:
            self._sounddevice.check_output_settings(device=self._device, dtype="float32", samplerate=rate)
        except (ValueError, self._sounddevice.PortAudioError):
            return float(self._told["default_samplerate"])
        return rate

    def open(self, rate: float, channels: int) -> None:
        """Get ready for blocks of that many channels; one channel plays on two where there are two.

        Raises EngineError with what PortAudio said.
        """
        most = int(self._told["max_output_channels"])
        if channels > most:
            raise EngineError(f"the {self.description} has {most} channel(s), the sound {channels}; give --channels 2")
        self._channels = max(channels, min(most, 2))
        try:
            self._stream = self._sounddevice.OutputStream(
                samplerate=rate, device=self._device, channels=self._channels, dtype="float32", latency=BUFFER_S
            )
        except (ValueError, RuntimeError, OSError, self._sounddevice.PortAudioError) as error:
            raise self._refused(error) from None

    @property
    def latency_s(self) -> float:
        """The delay from writing a block to hearing it."""
        return float(self._stream.latency)

    def write(self, block: Audio) -> None:
        """Play (channels, n), waiting while the device is full; raises EngineError if it has gone."""
        frames = np.ascontiguousarray(np.broadcast_to(block.T, (block.shape[1], self._channels)))
        try:
            if not self._stream.active:
                self._stream.start()
            self.gaps += bool(self._stream.write(frames))
        except (RuntimeError, OSError, self._sounddevice.PortAudioError) as error:
            raise EngineError(f"the {self.description} has stopped: {' '.join(str(error).split())}") from None

    def close(self, at_once: bool = False) -> None:
        """Close after everything written has been heard, or at once."""
        if self._stream is None:
            return
        stream, self._stream = self._stream, None
        if stream.active and not at_once:
            stream.stop()
        stream.close(ignore_errors=True)
