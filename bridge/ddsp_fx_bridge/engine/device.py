# SPDX-License-Identifier: GPL-3.0-or-later
"""Live audio through PortAudio (extra `live`)."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import numpy as np

from ddsp_fx.errors import EngineError, MissingExtraError
from ddsp_fx_bridge.engine.engine import Engine


def import_sounddevice(instead: str = "use serve --clock") -> Any:
    """Raises MissingExtraError; if only the system's library is missing, it names its package.

    Args:
        instead: what works without it, for the message.
    """
    try:
        import sounddevice
    except ImportError:
        raise MissingExtraError('live audio needs sounddevice: pip install "ddsp-fx[live]"') from None
    except OSError:
        raise MissingExtraError(
            f"live audio needs the PortAudio library: apt install libportaudio2 (Debian, Ubuntu), or {instead}"
        ) from None
    return sounddevice


def has_device() -> bool:
    """Whether there is a device; prints nothing if something is missing."""
    try:
        devices = import_sounddevice().query_devices()
    except (MissingExtraError, RuntimeError):
        return False
    return any(d["max_output_channels"] > 0 for d in devices) and any(d["max_input_channels"] > 0 for d in devices)


def device_id(name: str | None) -> int | str | None:
    """A device as sounddevice takes it: a number, a part of a name, or None for the system's default."""
    return int(name) if name is not None and re.fullmatch("[0-9]{1,4}", name) else name


def refused(sounddevice: Any, description: str, error: Exception, instead: str) -> EngineError:
    """The error with what PortAudio said and the devices; `instead` is the remedy if there is none."""
    names = [f"{i} {d['name']}" for i, d in enumerate(sounddevice.query_devices())]
    return EngineError(
        f"the {description} cannot be opened: {' '.join(str(error).split())}; "
        f"the devices are: {', '.join(names) or f'none; {instead}'}"
    )


class DeviceDoor:
    """A full-duplex stream whose callback is `engine.process`.

    Args:
        engine: its sample rate, block size and channels are requested from the device.
        device: a number or part of a name, as in sounddevice; None is the system's default.
    """

    def __init__(self, engine: Engine, device: str | None = None) -> None:
        self._engine = engine
        self._sounddevice = import_sounddevice()
        self._device = device_id(device)
        self._stream: Any = None
        self._is_stopping = False
        self.error: BaseException | None = None
        self.ended = threading.Event()

    @property
    def description(self) -> str:
        """The text for the status line."""
        return f"device {'default' if self._device is None else self._device}"

    def start(self) -> None:
        """Raises EngineError with PortAudio's message and the existing devices."""
        engine = self._engine
        try:
            self._stream = self._sounddevice.Stream(
                samplerate=engine.sample_rate,
                blocksize=engine.layout.max_block_size,
                device=self._device,
                channels=engine.layout.channels,
                dtype="float32",
                latency="low",
                callback=self._callback,
                finished_callback=self._finished,
            )
            self._stream.start()
        except (ValueError, RuntimeError, OSError) as error:
            # sounddevice raises PortAudioError, in older releases RuntimeError, or ValueError for an unknown name.
            raise self._refused(error) from None
        except self._sounddevice.PortAudioError as error:
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> EngineError:
        return refused(self._sounddevice, self.description, error, "use --clock or --input FILE")

    def stop(self) -> None:
        """Stop the stream."""
        if self._stream is not None:
            self._is_stopping = True
            self._stream.stop()
            self._stream.close()
            self._stream = None

    def _callback(self, indata: Any, outdata: Any, frames: int, times: Any, status: Any) -> None:
        if status.input_overflow or status.output_underflow:
            self._engine.load.xrun()
        # Both times are on the stream's clock: how long ago the first sample was at the converter.
        age_s = max(0.0, times.currentTime - times.inputBufferAdcTime)
        block = np.ascontiguousarray(indata.T)
        try:
            outdata[:] = self._engine.process(block, time.monotonic() - age_s).T[:frames]
        except Exception as error:
            # An exception here would stop PortAudio for good: output silence, and process the next block.
            self.error = self.error or error
            outdata.fill(0.0)

    def _finished(self) -> None:
        """The stream has ended, by `stop` or because the device is gone."""
        if not self._is_stopping:
            self.error = EngineError(f"the {self.description} has stopped; plug it in again, or choose another")
        self.ended.set()
